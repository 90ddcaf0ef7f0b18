/**
 * One of two controllers of a subsystem goes to a consumer, without SR-IOV: with the namespace that was asked for, while the
 * host keeps the file system that it reached through both, and gets through the first what was the second one's.
 */
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ControllerView, NamespaceView } from '../../../src/inventory/views.ts'
import type { AssignmentView } from '../../../src/workflows/workflows.ts'
import { eventually } from '../../support/eventually.ts'
import { assign } from '../answers.ts'
import { diskPath, mountFileSystem } from '../disks.ts'
import { inOrder } from '../in-order.ts'
import { namespaceOf, openLab, type Lab } from '../lab.ts'
import { lastWords } from '../last-words.ts'
import {
  activeNamespaces,
  attachedTo,
  bindingOf,
  controllerDevice,
} from '../machine-snapshot.ts'
import { DUAL_ADDRESSES, DUAL_SERIAL, namespaceFile } from '../qemu-arguments.ts'
import { holdVfio } from '../vfio-holder.ts'

const [FIRST, SECOND] = DUAL_ADDRESSES
const MOUNT_POINT = '/run/of-the-host'
const KEPT = 'what the host keeps'
const PATTERN = 'secrets of the tenant'
/** Of namespace 2, asked for. */
const FILE = 7
const SEEN_MS = 90_000

let lab: Lab
let cntlids: readonly number[]
let unmount: () => Promise<void>
let assignment: AssignmentView

beforeAll(async () => {
  lab = await openLab({ hasDual: true })
})
afterAll(() => lab?.guest.end())
inOrder(() => lastWords(lab.guest.folder))

test('two controllers of one subsystem are shown, each with its namespaces', async () => {
  const { agent, client } = lab
  const scanned = async () => {
    const all = await client.list<NamespaceView>('/v1/namespaces')
    return all.filter(({ serial }) => serial === DUAL_SERIAL).length === 3 || undefined
  }
  await eventually('the inventory has the three namespaces', scanned, SEEN_MS)

  const both = [await controllerAt(FIRST), await controllerAt(SECOND)]

  cntlids = both.map(({ cntlid }) => cntlid)
  expect(new Set(cntlids).size).toBe(2)
  const [first = -1, second = -1] = cntlids
  expect(await attachments()).toEqual({ 1: [first, second], 2: [], 3: [second] })
  expect(await activeNamespaces(agent, await controllerDevice(agent, SECOND))).toEqual([
    1, 3,
  ])
})

test('the second goes with what was asked for, and the host keeps its mounted disk by the first', async () => {
  const { agent, client, guest } = lab
  const disk = diskPath((await namespaceOf(client, DUAL_SERIAL, 1)).disks)
  unmount = await mountFileSystem(agent, disk, MOUNT_POINT)
  await agent.shell(`echo '${KEPT}' > ${MOUNT_POINT}/file && sync`)
  await leave(PATTERN, namespaceFile(guest.folder, FILE))
  const { id: controllerId } = await controllerAt(SECOND)
  const { id } = await namespaceOf(client, DUAL_SERIAL, 2)

  assignment = await assign(client, {
    controllerId,
    namespaceIds: [id],
    consumer: 'vm-1',
  })

  const [first = -1, second = -1] = cntlids
  expect(assignment.state).toBe('ready')
  expect(await bindingOf(agent, SECOND)).toMatchObject({ driver: 'vfio-pci' })
  expect(await attachments()).toEqual({ 1: [first], 2: [second], 3: [first] })
  await agent.shell('echo 3 > /proc/sys/vm/drop_caches')
  expect(await agent.text(`${MOUNT_POINT}/file`)).toContain(KEPT)
  const now = await namespaceOf(client, DUAL_SERIAL, 1)
  expect(diskPath(now.disks), 'the disk did not go and come').toBe(disk)
})

test('what somebody detaches from it is shown, and attached again once its consumer lets go', async () => {
  const { agent, client } = lab
  const { iommuGroup = -1 } = assignment.handOver ?? {}
  const holder = await holdVfio(agent, SECOND, iommuGroup)
  const device = await controllerDevice(agent, FIRST)
  const [first = -1, second = -1] = cntlids
  const { id } = await controllerAt(SECOND)
  const heal = `/v1/controllers/${id}/heal`

  await agent.run('nvme', 'detach-ns', device, '-n', '2', '-c', String(second))
  const shown = await eventually('the drift is shown', () => driftOf(id), SEEN_MS)
  const { id: refused } = await client.begin('POST', heal)
  const meanwhile = await client.end(refused)
  await holder.letGo()
  await client.perform('POST', heal)

  expect(shown).toMatchObject([
    { kind: 'namespace-detached', expected: { nsids: [2] }, found: { nsids: [] } },
  ])
  expect(meanwhile.state).toBe('undone')
  expect(JSON.stringify(meanwhile.error)).toContain('group-held')
  expect(await attachments()).toEqual({ 1: [first], 2: [second], 3: [first] })
})

test('released, it is erased, and everything is attached as it was found', async () => {
  const { agent, client, guest } = lab
  const image = () => readFileSync(namespaceFile(guest.folder, FILE))
  const before = image().includes(PATTERN)

  await client.perform('POST', `/v1/assignments/${assignment.id}/release`, {})

  const [first = -1, second = -1] = cntlids
  expect(before, 'it was there').toBe(true)
  expect(image().includes(PATTERN), 'it is not on the drive').toBe(false)
  expect(await attachments()).toEqual({ 1: [first, second], 2: [], 3: [second] })
  expect(await bindingOf(agent, SECOND)).toEqual({ driver: 'nvme', override: '(null)' })
  expect(await agent.text(`${MOUNT_POINT}/file`)).toContain(KEPT)
  await unmount()
  expect(
    await client.get<AssignmentView>(`/v1/assignments/${assignment.id}`)
  ).toMatchObject({ state: 'released', quarantine: null })
})

async function controllerAt(address: string): Promise<ControllerView> {
  const all = await lab.client.list<ControllerView>('/v1/controllers')
  const found = all.find(({ pciAddress }) => pciAddress === address)
  if (!found) throw new Error(`no controller at ${address}: ${JSON.stringify(all)}`)
  return found
}

/** By nsid, asked of the first one, which stays. */
async function attachments(): Promise<Record<number, readonly number[]>> {
  const device = await controllerDevice(lab.agent, FIRST)
  const found: Record<number, readonly number[]> = {}
  for (const nsid of [1, 2, 3]) found[nsid] = await attachedTo(lab.agent, device, nsid)
  return found
}

async function driftOf(id: string) {
  const { drift } = await lab.client.get<ControllerView>(`/v1/controllers/${id}`)
  return drift.length > 0 ? drift : undefined
}

/** As a tenant would have: the namespace is attached to nobody yet. */
async function leave(text: string, file: string): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    for (const at of [0, 32 << 20])
      await handle.write(Buffer.alloc(65_536, `${text} `), 0, 65_536, at)
  } finally {
    await handle.close()
  }
}
