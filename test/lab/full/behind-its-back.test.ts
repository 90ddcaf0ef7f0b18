/**
 * What others do to the machine behind nvirt's back: a driver bound by hand, a primary reset, a drive pulled and put back,
 * the whole machine reset. nvirt sees it, says what is wanted against what is there, and brings it back.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {
  ControllerView,
  HostView,
  VirtualFunctionView,
} from '../../../src/inventory/views.ts'
import type { EventRow } from '../../../src/store/rows.ts'
import type { AssignmentView } from '../../../src/workflows/workflows.ts'
import { eventually } from '../../support/eventually.ts'
import { assign, TRUSTED } from '../answers.ts'
import { inOrder } from '../in-order.ts'
import {
  openLab,
  plainController,
  provisionRequest,
  provisionedVfs,
  sriovController,
  type Lab,
} from '../lab.ts'
import { lastWords } from '../last-words.ts'
import {
  bindingOf,
  controllerDevice,
  machineSnapshot,
  primaryCapabilities,
  secondariesOf,
} from '../machine-snapshot.ts'
import {
  namespaceFile,
  PLAIN_ADDRESS,
  PLAIN_DEVICE,
  PLAIN_PORT,
  PLAIN_SERIAL,
  qmpSocket,
  SRIOV_ADDRESS,
} from '../qemu-arguments.ts'
import { qmp } from '../qmp.ts'

/** Much less than the 30 s between scans: only a uevent brings it so soon. */
const BY_UEVENT_MS = 15_000
const RESTORED_MS = 90_000

const WANTED = [
  { cntlid: 1, state: 'online', vq: 4, vi: 4 },
  { cntlid: 2, state: 'online', vq: 3, vi: 3 },
]

let lab: Lab
/** Of the first VF, and of the plain controller. */
let assignments: readonly AssignmentView[]

beforeAll(async () => {
  lab = await openLab({ boots: 'again' })
})
afterAll(() => lab?.guest.end())
inOrder(() => lastWords(lab.guest.folder))

test('a primary gets resources of its own by a Function Level Reset, and gives them back', async () => {
  const { client, agent, found } = lab
  const { id } = await sriovController(client)
  const resize = (vq: number) =>
    client.perform('POST', `/v1/controllers/${id}/primaryResources`, { vq, vi: 0 })

  await resize(4)
  const given = await primaryCapabilities(agent, SRIOV_ADDRESS)
  await resize(0)
  const back = await primaryCapabilities(agent, SRIOV_ADDRESS)

  expect([given.vqrfap, back.vqrfap]).toEqual([4, 0])
  expect(await machineSnapshot(agent)).toEqual(found)
})

test('two VFs are provisioned; one of them and the plain controller are assigned', async () => {
  const { client, agent } = lab
  const asked = [
    { ioQueuePairs: 3, nsid: 2 },
    { ioQueuePairs: 2, nsid: 3 },
  ]
  await client.perform(...(await provisionRequest(client, asked, 'none')))
  const [first] = await provisionedVfs(client)
  const plain = await plainController(client)

  assignments = [
    await assign(client, { virtualFunctionId: first?.id, consumer: 'vm-1', ...TRUSTED }),
    await assign(client, { controllerId: plain.id, consumer: 'vm-2' }),
  ]

  expect(assignments.map(({ state }) => state)).toEqual(['ready', 'ready'])
  const primary = await controllerDevice(agent, SRIOV_ADDRESS)
  expect((await secondariesOf(agent, primary)).slice(0, 2)).toEqual(WANTED)
})

test('a driver that somebody binds to a VF by hand is seen by its uevent, and healed', async () => {
  const { client, agent } = lab
  const second = await secondVf()
  const device = `/sys/bus/pci/devices/${second.pciAddress}`

  await agent.shell(`echo nvme > ${device}/driver_override`)
  await agent.shell(`echo ${second.pciAddress} > /sys/bus/pci/drivers_probe`)
  await drifts(second.id, 'driver-changed', BY_UEVENT_MS)
  await client.perform('POST', `/v1/virtualFunctions/${second.id}/heal`)

  expect(await bindingOf(agent, second.pciAddress ?? '')).toMatchObject({ driver: null })
  expect((await secondVf()).drift).toEqual([])
})

test('a reset of the primary takes the VFs down; they are shown without their resources, and healed', async () => {
  const { client, agent } = lab
  const vfs = await provisionedVfs(client)
  const primary = await controllerDevice(agent, SRIOV_ADDRESS)

  await agent.run('nvme', 'reset', primary)
  for (const { id } of vfs) await drifts(id, 'resources-lost', BY_UEVENT_MS)
  const down = await secondariesOf(agent, primary)
  for (const { id } of vfs) await client.perform('POST', `/v1/virtualFunctions/${id}/heal`)
  await assignmentIs(assignments[0], 'ready')

  expect(down.slice(0, 2).map(({ state, vq }) => [state, vq])).toEqual([
    ['offline', 0],
    ['offline', 0],
  ])
  expect((await secondariesOf(agent, primary)).slice(0, 2)).toEqual(WANTED)
  expect((await provisionedVfs(client)).flatMap(({ drift }) => drift)).toEqual([])
})

test('a drive that is pulled is lost to its consumer, and his again once it is back', async () => {
  const { client, agent, guest } = lab
  const monitor = (command: string, its: object) =>
    qmp(qmpSocket(guest.folder), command, its)
  const [, ofPlain] = assignments

  await monitor('device_del', { id: PLAIN_DEVICE })
  const lost = await assignmentIs(ofPlain, 'lost')
  const pulled = await client.get<ControllerView>(`/v1/controllers/${lost.functionId}`)
  await monitor('blockdev-add', {
    driver: 'raw',
    'node-name': 'again',
    file: { driver: 'file', filename: namespaceFile(guest.folder, 5) },
  })
  const drive = { driver: 'nvme', id: PLAIN_DEVICE, serial: PLAIN_SERIAL, drive: 'again' }
  await monitor('device_add', { ...drive, bus: PLAIN_PORT })
  await assignmentIs(ofPlain, 'ready')

  expect(pulled.present).toBe(false)
  expect(await bindingOf(agent, PLAIN_ADDRESS)).toMatchObject({ driver: 'vfio-pci' })
})

test('after a reset of the machine all that was standing is back before its host is ready', async () => {
  const { client, agent, guest, service } = lab
  const before = await hostNow()

  await guest.reset()
  await service.start()
  const ready = await eventually(
    'the host is ready',
    async () => {
      const host = await hostNow()
      return host.bootId !== before.bootId && host.state === 'ready' ? host : undefined
    },
    RESTORED_MS
  )

  const primary = await controllerDevice(agent, SRIOV_ADDRESS)
  const standing = await client.list<AssignmentView>('/v1/assignments')
  expect(ready.machineId).toBe(before.machineId)
  expect(standing.map(({ state }) => state)).toEqual(['ready', 'ready'])
  expect((await secondariesOf(agent, primary)).slice(0, 2)).toEqual(WANTED)
  for (const { handOver } of standing) {
    expect(await bindingOf(agent, handOver?.address ?? '')).toMatchObject({
      driver: 'vfio-pci',
    })
  }
  expect((await provisionedVfs(client)).flatMap(({ drift }) => drift)).toEqual([])
})

test('released and retired, the machine is as it was found', async () => {
  const { client, agent, found } = lab

  for (const { id } of assignments)
    await client.perform('POST', `/v1/assignments/${id}/release`, {})
  for (const { id } of await provisionedVfs(client))
    await client.perform('DELETE', `/v1/virtualFunctions/${id}`)

  expect(await machineSnapshot(agent)).toEqual(found)
})

test('each of this was told by an event', async () => {
  const events = await lab.client.list<EventRow>('/v1/events')

  const kinds = events
    .filter(({ type }) => type.endsWith('drift-appeared'))
    .map(({ detail }) => detail['kind'])
  expect(kinds).toEqual(
    expect.arrayContaining(['driver-changed', 'resources-lost', 'hardware-missing'])
  )
  const types = events.map(({ type }) => type)
  expect(types).toEqual(expect.arrayContaining(['assignment.lost', 'assignment.restored']))
})

async function secondVf(): Promise<VirtualFunctionView> {
  const [, second] = await provisionedVfs(lab.client)
  if (second === undefined) throw new Error('two VFs are provisioned')
  return second
}

async function drifts(id: string, kind: string, withinMs: number): Promise<void> {
  await eventually(
    `${kind} is shown`,
    async () => {
      const vf = await lab.client.get<VirtualFunctionView>(`/v1/virtualFunctions/${id}`)
      return vf.drift.some((one) => one.kind === kind) || undefined
    },
    withinMs
  )
}

async function assignmentIs(
  assignment: AssignmentView | undefined,
  state: AssignmentView['state']
): Promise<AssignmentView> {
  return eventually(
    `the assignment is ${state}`,
    async () => {
      const path = `/v1/assignments/${assignment?.id}`
      const now = await lab.client.get<AssignmentView>(path)
      return now.state === state ? now : undefined
    },
    RESTORED_MS
  )
}

async function hostNow(): Promise<HostView> {
  const [host] = await lab.client.list<HostView>('/v1/hosts')
  if (host === undefined) throw new Error('the fleet is this host')
  return host
}
