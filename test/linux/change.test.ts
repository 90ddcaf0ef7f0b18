import { expect, test } from 'vitest'
import type { HostChange } from '../../src/host/change.ts'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import {
  capturedHost,
  context,
  done,
  failureOf,
  pf,
  plain,
  unbound,
  vf1,
  type CapturedHost,
} from './captured-host.ts'
import { PF, PLAIN, VF1 } from './captured-machine.ts'

const device = (fn: string) => `/sys/bus/pci/devices/${fn}`

test.for<{ change: HostChange; writes: readonly string[] }>([
  {
    change: { change: 'setAutoprobe', pf, enabled: true },
    writes: [`write ${device(PF)}/sriov_drivers_autoprobe "1"`],
  },
  {
    change: { change: 'setOverride', fn: vf1, driver: 'vfio-pci' },
    writes: [`write ${device(VF1)}/driver_override "vfio-pci\\n"`],
  },
  {
    change: { change: 'assignResources', pf, cntlid: 1, resource: 'vq', count: 4 },
    writes: ['assign 4 VQ to controller 1 through /dev/nvme0'],
  },
  {
    change: { change: 'assignBoth', pf, cntlid: 1, vq: 4, vi: 3 },
    writes: [
      'assign 4 VQ to controller 1 through /dev/nvme0',
      'assign 3 VI to controller 1 through /dev/nvme0',
    ],
  },
  {
    change: { change: 'attachNamespace', pf, nsid: 2, cntlid: 1 },
    writes: ['attach namespace 2 to controller 1 through /dev/nvme0'],
  },
  {
    change: { change: 'detachNamespace', pf, nsid: 1, cntlid: 1 },
    writes: ['detach namespace 1 from controller 1 through /dev/nvme0'],
  },
])('$change.change writes once, and not again', async ({ change, writes }) => {
  const { host } = capturedHost()

  expect(await host.apply(change, context)).toEqual(done(...writes))
  expect(await host.apply(change, context)).toEqual(done())
})

test.for<HostChange>([
  { change: 'setAutoprobe', pf, enabled: false },
  { change: 'setVfCount', pf, count: 2 },
  { change: 'takeOffline', pf, cntlid: 1 },
  { change: 'assignResources', pf, cntlid: 1, resource: 'vi', count: 0 },
  { change: 'assignBoth', pf, cntlid: 1, vq: 0, vi: 0 },
  { change: 'attachNamespace', pf, nsid: 1, cntlid: 2 },
  { change: 'detachNamespace', pf, nsid: 2, cntlid: 2 },
  { change: 'setOverride', fn: vf1, driver: null },
  { change: 'unbind', fn: vf1 },
  { change: 'probe', fn: plain, expectDriver: 'nvme' },
  { change: 'probe', fn: vf1, expectDriver: 'none' },
])('nothing is written where it is already so: $change', async (change) => {
  const { host, machine, drive } = capturedHost()
  const before = structuredClone(drive.secondaries)

  expect(await host.apply(change, context)).toEqual(done())

  expect(machine.writes).toEqual([])
  expect(drive.secondaries).toEqual(before)
})

test.for<{ change: HostChange; prepare: (world: CapturedHost) => void; found: string }>([
  {
    change: { change: 'setAutoprobe', pf, enabled: true },
    prepare: ({ machine }) =>
      machine.onWrite.set(`${device(PF)}/sriov_drivers_autoprobe`, () => {}),
    found: '0',
  },
  {
    change: { change: 'setVfCount', pf, count: 0 },
    prepare: ({ machine }) => machine.onWrite.set(`${device(PF)}/sriov_numvfs`, () => {}),
    found: '2 VFs',
  },
  {
    change: { change: 'setOverride', fn: vf1, driver: 'none' },
    prepare: ({ machine }) =>
      machine.onWrite.set(`${device(VF1)}/driver_override`, () => {}),
    found: 'no override',
  },
  {
    change: { change: 'unbind', fn: plain },
    prepare: ({ machine }) =>
      machine.onWrite.set('/sys/bus/pci/drivers/nvme/unbind', () => {}),
    found: 'nvme',
  },
  {
    change: { change: 'assignResources', pf, cntlid: 1, resource: 'vq', count: 4 },
    prepare: ({ drive }) => (drive.inert = true),
    found: '0 VQ',
  },
  {
    change: { change: 'bringOnline', pf, cntlid: 1 },
    prepare: ({ drive }) => (drive.inert = true),
    found: 'offline',
  },
  {
    change: { change: 'assignBoth', pf, cntlid: 1, vq: 0, vi: 4 },
    prepare: ({ drive }) => (drive.inert = true),
    found: '0 VI',
  },
  {
    change: { change: 'attachNamespace', pf, nsid: 2, cntlid: 1 },
    prepare: ({ drive }) => (drive.inert = true),
    found: 'not attached',
  },
  {
    change: { change: 'detachNamespace', pf, nsid: 1, cntlid: 1 },
    prepare: ({ drive }) => (drive.inert = true),
    found: 'attached',
  },
])('a write without effect is found out: $change', async ({ change, prepare, found }) => {
  const world = capturedHost()
  prepare(world)

  const failure = await failureOf(world.host.apply(change, context))

  expect(failure).toMatchObject({ kind: 'no-effect', found })
})

test.for([
  ['ERANGE', { kind: 'too-many-vfs', requested: 8 }],
  ['EBUSY', { kind: 'vfs-already-enabled' }],
  ['ENOENT', { kind: 'no-sriov-driver' }],
  ['ENOMEM', { kind: 'kernel-refused', errno: 'ENOMEM' }],
] as const)('sriov_numvfs %s is %o', async ([errno, failure]) => {
  const { host, machine } = capturedHost()
  machine.onWrite.set(`${device(PF)}/sriov_numvfs`, () => {
    throw new KernelError('write', `${device(PF)}/sriov_numvfs`, errno)
  })

  const found = await failureOf(host.apply({ change: 'setVfCount', pf, count: 8 }, context))

  expect(found).toEqual(failure)
})

test('enabling counts the VFs that have appeared, not only the number', async () => {
  const { host, machine } = capturedHost()
  machine.files.remove(`${device(PF)}/virtfn1`)
  machine.files.text(`${device(PF)}/sriov_numvfs`, '0\n')

  const failure = await failureOf(
    host.apply({ change: 'setVfCount', pf, count: 2 }, context)
  )

  expect(failure).toEqual({ kind: 'no-effect', expected: '2 VFs', found: '1 VFs' })
})

test('a status of the drive keeps its name, and says what it means', async () => {
  const { host } = capturedHost()

  const failure = await failureOf(
    host.apply({ change: 'bringOnline', pf, cntlid: 3 }, context)
  )

  expect(failure).toEqual({
    kind: 'nvme-refused',
    status: 0x120,
    statusName: 'Invalid Secondary Controller State',
    meaning: expect.stringContaining('it cannot go online') as string,
  })
})

test.for<{ what: string; change: HostChange; gone: string }>([
  {
    what: 'a function',
    change: { change: 'unbind', fn: '0000:09:00.0' as typeof pf },
    gone: '0000:09:00.0',
  },
  {
    what: 'a secondary',
    change: { change: 'bringOnline', pf, cntlid: 99 },
    gone: `secondary controller 99 of ${PF}`,
  },
])('$what that is not there is gone', async ({ change, gone }) => {
  const { host } = capturedHost()

  expect(await failureOf(host.apply(change, context))).toEqual({ kind: 'gone', what: gone })
})

test('commands wait for a controller that is live', async () => {
  const { host, machine } = capturedHost()
  machine.files.text('/sys/class/nvme/nvme0/state', 'resetting\n')

  const failure = await failureOf(
    host.apply({ change: 'bringOnline', pf, cntlid: 1 }, context)
  )

  expect(failure).toEqual({ kind: 'controller-not-live', state: 'resetting' })
})

test('a secondary list that is not as specified stops every change', async () => {
  const { host, drive } = capturedHost()
  drive.secondaries.push({ cntlid: 1, online: false, vq: 0, vi: 0 })

  const failure = await failureOf(
    host.apply({ change: 'takeOffline', pf, cntlid: 1 }, context)
  )

  expect(failure).toEqual({ kind: 'kernel-refused', errno: 'EPROTO' })
})

test('an owner that has been replaced changes nothing any more', async () => {
  const { host, machine } = capturedHost()
  const change = { change: 'setAutoprobe', pf, enabled: true } as const
  await host.apply({ change: 'unbind', fn: vf1 }, { ...context, fence: 2 })

  expect(await failureOf(host.apply(change, { ...context, fence: 1 }))).toEqual({
    kind: 'stale-fence',
  })
  expect(machine.writes).toEqual([])

  const another = { ...context, operationId: 'another', fence: 1 }
  expect((await host.apply(change, another)).outcome).toBe('done')
})

test('changes of a VF and of its primary share a lane; a plain controller has its own', async () => {
  const { host, machine } = capturedHost()
  machine.onWrite.set('/sys/bus/pci/drivers/nvme/unbind', (fn) => unbound(machine, fn))

  await host.apply({ change: 'setOverride', fn: vf1, driver: 'none' }, context)
  await host.apply({ change: 'bringOnline', pf, cntlid: 1 }, context).catch(() => {})
  await host.apply({ change: 'unbind', fn: plain }, context)

  expect(new Set(machine.laneCalls.map(({ key }) => key))).toEqual(new Set([PF, PLAIN]))
})
