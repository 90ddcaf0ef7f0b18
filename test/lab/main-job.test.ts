/** The main job on a real kernel: provision, use, assign, release, retire, and leave the machine as it was found. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import createClient from 'openapi-fetch'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EventRow } from '../../src/store/rows.ts'
import type { TelemetryFrame } from '../../src/telemetry/telemetry.ts'
import type { AssignmentView, OperationView } from '../../src/workflows/workflows.ts'
import { scenario } from '../client/scenario.ts'
import type { paths } from '../client/schema.ts'
import { assign, inFlightOf, rateOf, TRUSTED } from './answers.ts'
import { diskPath, mountFileSystem, openPlainly, queueOfCpu, startLoad } from './disks.ts'
import { refusalOfPlain } from './refusal-of-plain.ts'
import { lastWords } from './last-words.ts'
import { inOrder } from './in-order.ts'
import {
  namespaceOf,
  openLab,
  plainController,
  provisionRequest,
  provisionedVfs,
  type Lab,
} from './lab.ts'
import {
  activeNamespaces,
  attachedTo,
  bindingOf,
  controllerDevice,
  machineSnapshot,
  secondariesOf,
} from './machine-snapshot.ts'
import {
  PLAIN_ADDRESS,
  PLAIN_SERIAL,
  SRIOV_ADDRESS,
  SRIOV_SERIAL,
  namespaceFile,
} from './qemu-arguments.ts'
import { holdVfio, type VfioHolder } from './vfio-holder.ts'

const MOUNT_POINT = '/run/somebodys-data'
/** What the tenant of the first VF writes. */
const PATTERN = 'secrets of the first tenant'
const LOAD_CPU = 2
const SEEN_WITHIN_MS = 2_000

let lab: Lab
let holders: readonly VfioHolder[] = []

beforeAll(async () => {
  lab = await openLab({ namespaceIops: 500 })
})
afterAll(() => lab?.guest.end())
inOrder(() => lastWords(lab.guest.folder))

test('provisioning gives each VF its queues and the asked namespaces, and no other', async () => {
  const { client, agent } = lab
  const request = await provisionRequest(
    client,
    [
      { ioQueuePairs: 3, nsid: 2 },
      { ioQueuePairs: 2, nsid: 3 },
    ],
    'nvme'
  )

  await client.perform(...request)

  const primary = await controllerDevice(agent, SRIOV_ADDRESS)
  const [first, second] = await provisionedVfs(client)
  const firstDevice = await controllerDevice(agent, first?.pciAddress ?? '')
  const secondDevice = await controllerDevice(agent, second?.pciAddress ?? '')
  expect((await secondariesOf(agent, primary)).slice(0, 3)).toEqual([
    { cntlid: 1, state: 'online', vq: 4, vi: 4 },
    { cntlid: 2, state: 'online', vq: 3, vi: 3 },
    { cntlid: 3, state: 'offline', vq: 0, vi: 0 },
  ])
  expect(await activeNamespaces(agent, firstDevice)).toEqual([2])
  expect(await activeNamespaces(agent, secondDevice)).toEqual([3])
  expect(await attachedTo(agent, primary, 2)).toEqual([1])
  expect(await attachedTo(agent, primary, 3)).toEqual([2])
  // Of the VFs that stay in the pool QEMU attaches namespace 1 to each by itself; these two lost it.
  expect(await attachedTo(agent, primary, 1)).toEqual([0, 3, 4, 5, 6, 7, 8])
  const namespaceIds = await Promise.all(
    [2, 3].map(async (nsid) => [(await namespaceOf(client, SRIOV_SERIAL, nsid)).id])
  )
  expect([first?.namespaceIds, second?.namespaceIds]).toEqual(namespaceIds)
})

test('load from one CPU is seen on its queue in time, and on no other', async () => {
  const { client, agent } = lab
  const [vf] = await provisionedVfs(client)
  const disk = diskPath((await namespaceOf(client, SRIOV_SERIAL, 2)).disks)
  const qid = await queueOfCpu(agent, vf?.pciAddress ?? '', LOAD_CPU)
  const frames = await client.watch({ virtualFunctionIds: [vf?.id], periodMs: 500 })
  const isIdle = (frame: TelemetryFrame) => frame.observed && rateOf(frame, qid) === 0
  await frames.next(isIdle, 20_000)

  const endLoad = await startLoad(agent, disk, LOAD_CPU)
  const isBusy = (frame: TelemetryFrame) => rateOf(frame, qid) > 100
  const frame = await frames.next(isBusy, SEEN_WITHIN_MS)
  // One command at a time, which the drive keeps for 2 ms: it is in flight whenever one looks, or nearly.
  const holdsOne = (now: TelemetryFrame) => inFlightOf(now, qid) >= 1
  const holding = await frames.next(holdsOne, 10 * SEEN_WITHIN_MS)
  await endLoad()
  frames.close()

  if (!frame.observed || !holding.observed)
    throw new Error('the queues of a bound VF are observed')
  expect(frame.queues.qid).toEqual([1, 2, 3])
  expect(frame.queues.qid.filter((other) => rateOf(frame, other) > 0)).toEqual([qid])
  expect(frame.device.readCommandsPerSecond).toBeGreaterThan(100)
  expect(frame.device.writeCommandsPerSecond).toBe(0)
  expect(holding.queues.inFlight).toEqual([1, 2, 3].map((one) => (one === qid ? 1 : 0)))
  expect(holding.device.readLatencyMs).toBeGreaterThan(0)
})

test('bytes written through a VF are read back, and are in its namespace', async () => {
  const { client, agent, guest } = lab
  const disk = diskPath((await namespaceOf(client, SRIOV_SERIAL, 3)).disks)
  const copy = (from: string, to: string, flag: string) =>
    agent.run('dd', `if=${from}`, `of=${to}`, 'bs=64k', 'count=16', flag, 'status=none')

  await copy('/dev/urandom', '/mnt/written', 'iflag=fullblock')
  await copy('/mnt/written', disk, 'oflag=direct')
  await copy(disk, '/run/read', 'iflag=direct')

  await agent.run('cmp', '/mnt/written', '/run/read')
  const written = readFileSync(path.join(guest.folder, 'written'))
  const inNamespace = readFileSync(namespaceFile(guest.folder, 3)).subarray(
    0,
    written.length
  )
  expect(written).toHaveLength(1024 * 1024)
  expect(inNamespace.equals(written)).toBe(true)
})

test('a tenant of the first VF leaves its data', async () => {
  const { client, agent } = lab
  const disk = diskPath((await namespaceOf(client, SRIOV_SERIAL, 2)).disks)
  const block = `yes '${PATTERN}' | head -c 65536`

  for (const at of [0, 500, 1023]) {
    const to = `of=${disk} bs=64k seek=${at} count=1 iflag=fullblock oflag=direct`
    await agent.shell(`${block} | dd ${to} status=none`)
  }

  const read = await agent.shell(`dd if=${disk} bs=64k skip=500 count=1 iflag=direct`)
  expect(read).toContain(PATTERN)
})

test('assigning a controller with a mounted namespace is refused, naming the mount', async () => {
  const { client, agent } = lab
  const disk = diskPath((await namespaceOf(client, PLAIN_SERIAL, 1)).disks)
  const unmount = await mountFileSystem(agent, disk, MOUNT_POINT)

  expect(await refusalOfPlain(lab)).toContain(MOUNT_POINT)
  await unmount()
})

test('so is one whose disk another process has open, as QEMU has a raw one', async () => {
  const { client, agent } = lab
  const disk = diskPath((await namespaceOf(client, PLAIN_SERIAL, 1)).disks)
  const close = await openPlainly(agent, disk)

  expect(await refusalOfPlain(lab)).toContain(`(${disk}) is open: sleep (`)
  await close()
})

test('an assigned VF and an assigned controller can be opened by another process', async () => {
  const { client, agent } = lab
  const [vf] = await provisionedVfs(client)
  const plain = await plainController(client)

  const taken = [
    await assign(client, { virtualFunctionId: vf?.id, consumer: 'guest-1', ...TRUSTED }),
    await assign(client, { controllerId: plain.id, consumer: 'guest-2' }),
  ]

  expect(vf?.tenantSafety, 'QEMU').toMatchObject({ verdict: 'not-safe' })
  expect(taken.map((assignment) => assignment.state)).toEqual(['ready', 'ready'])
  expect(taken.map((assignment) => assignment.handOver?.address)).toEqual([
    vf?.pciAddress,
    PLAIN_ADDRESS,
  ])
  for (const { handOver } of taken) {
    if (handOver === null) throw new Error('a ready assignment has what its consumer needs')
    expect((await bindingOf(agent, handOver.address)).driver).toBe('vfio-pci')
    expect(handOver.vfioPath).toBe(`/dev/vfio/${handOver.iommuGroup}`)
    expect(handOver.qemuArguments.join(' ')).toContain(handOver.address)
    expect(handOver.libvirtXml).toContain('<hostdev')
    holders = [...holders, await holdVfio(agent, handOver.address, handOver.iommuGroup)]
  }
})

test('another VF is provisioned while those two are held', async () => {
  const { client, agent } = lab
  const before = await secondariesOf(agent, await controllerDevice(agent, SRIOV_ADDRESS))
  const request = await provisionRequest(client, [{ ioQueuePairs: 1, nsid: 4 }], 'none')

  await client.perform(...request)

  const primary = await controllerDevice(agent, SRIOV_ADDRESS)
  const after = await secondariesOf(agent, primary)
  expect(after.slice(0, 2)).toEqual(before.slice(0, 2))
  expect(after[2]).toEqual({ cntlid: 3, state: 'online', vq: 2, vi: 2 })
  expect(await attachedTo(agent, primary, 4)).toEqual([3])
})

test('the queues of an assigned VF are said to be its guest`s, not drawn as idle', async () => {
  const { client } = lab
  const [vf] = await provisionedVfs(client)

  const frames = await client.watch({ virtualFunctionIds: [vf?.id], periodMs: 500 })
  const frame = await frames.next(() => true, 20_000)
  frames.close()

  expect(frame).toMatchObject({ observed: false, why: 'owned-by-guest' })
})

test('what the tenant of a VF wrote can be read through no function once it is released', async () => {
  const { client, agent, guest } = lab
  for (const holder of holders) await holder.letGo()
  const ready = await client.list<AssignmentView>('/v1/assignments')
  const assignment = ready.find(({ functionKind }) => functionKind === 'virtualFunction')
  const image = () => readFileSync(namespaceFile(guest.folder, 2))
  const before = image().includes(PATTERN)

  await client.perform('POST', `/v1/assignments/${assignment?.id}/release`, {})

  expect(before, 'it was there').toBe(true)
  expect(image().includes(PATTERN), 'it is not on the drive').toBe(false)
  const disk = diskPath((await namespaceOf(client, SRIOV_SERIAL, 2)).disks)
  const found = await agent.shell(
    `dd if=${disk} bs=1M iflag=direct | grep -c '${PATTERN}'; true`
  )
  expect(found.trim(), 'nor read through the VF, which has it again').toBe('0')
  const primary = await controllerDevice(agent, SRIOV_ADDRESS)
  expect(await attachedTo(agent, primary, 2)).toEqual([1])
  expect(
    await client.get<AssignmentView>(`/v1/assignments/${assignment?.id}`)
  ).toMatchObject({
    state: 'released',
    quarantine: null,
  })
  const events = await client.list<EventRow>('/v1/events?after=0')
  const evidence = events.find(({ type }) => type === 'assignment.cleaned')
  expect(evidence?.detail['namespaces']).toMatchObject([
    { nsid: 2, method: 'format, user-data erase', markersLeft: 0, notZero: 0 },
  ])
})

test('when everything is released and retired, the machine is as it was found', async () => {
  const { client, agent, found } = lab
  const standing = (await client.list<AssignmentView>('/v1/assignments')).filter(
    (assignment) => assignment.state === 'ready'
  )

  for (const { id } of standing) {
    await client.perform('POST', `/v1/assignments/${id}/release`, {})
  }
  for (const vf of await provisionedVfs(client)) {
    await client.perform('DELETE', `/v1/virtualFunctions/${vf.id}`)
  }

  expect(standing).toHaveLength(1)
  expect(await provisionedVfs(client)).toEqual([])
  expect(await machineSnapshot(agent)).toEqual(found)
})

test('every operation left events, numbered in order and without the same twice', async () => {
  const { client } = lab

  const events = await client.list<EventRow>('/v1/events?after=0')
  const operations = await client.list<OperationView>('/v1/operations')

  const numbers = events.map((event) => event.number)
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
  const told = new Set(events.map((event) => event.operationId))
  expect(operations.length).toBeGreaterThan(7)
  expect(operations.filter((operation) => !told.has(operation.id))).toEqual([])
  const cleaned = events.filter(({ type }) => type === 'assignment.cleaned')
  expect(cleaned, 'the VF and the controller').toHaveLength(2)
})

test('a client generated from openapi.yaml does the same, and leaves the machine as found', async () => {
  const { client, agent, found } = lab
  const { baseUrl, headers } = client
  const generated = createClient<paths>({ baseUrl, headers })

  const asked = { address: SRIOV_ADDRESS, nsids: [2, 3], ioQueuePairs: [3, 2] }
  const { operations } = await scenario(generated, asked)

  const ends = operations.map(({ state }) => state)
  expect(ends).toEqual(Array.from({ length: 5 }, () => 'succeeded'))
  expect(await machineSnapshot(agent)).toEqual(found)
})
