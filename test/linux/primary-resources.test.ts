/** The primary's own flexible resources on every emulated device with VFs: pending, in force after the reset, given back. */
import { expect, test } from 'vitest'
import type { DeviceName } from '../../src/emulator/devices/device-policy.ts'
import type { HostChange } from '../../src/host/change.ts'
import type { FlexibleResources } from '../../src/nvme/secondary-controller.ts'
import { labWith } from '../support/lab-with.ts'
import { pf } from './captured-host.ts'
import {
  applied,
  appliedAll,
  emulatedHost,
  PROVISION,
  type EmulatedHost,
} from './emulated-host.ts'

const EVERY_DEVICE = ['qemu-7.2', 'qemu-10', 'specification', 'pm1733'] as const
const ALL: FlexibleResources = { vq: 32, vi: 24 }
const NONE: FlexibleResources = { vq: 0, vi: 0 }

const RESET_PATH = `/sys/bus/pci/devices/${pf}/reset`

function allocate({ vq, vi }: FlexibleResources): readonly HostChange[] {
  const change = { change: 'allocatePrimaryResources', pf } as const
  return [
    { ...change, resource: 'vq', count: vq },
    { ...change, resource: 'vi', count: vi },
  ]
}

function resize(expected: FlexibleResources): readonly HostChange[] {
  return [...allocate(expected), { change: 'resetPrimary', pf, expected }]
}

test.for<DeviceName>(EVERY_DEVICE)(
  'on %s what is allocated to the primary is in force after its reset, and its driver has the queues',
  async (device) => {
    const world = await emulatedHost(labWith(device))
    await appliedAll(world, resize(NONE))
    const small = await ownOf(world)

    await appliedAll(world, allocate({ vq: 2, vi: 1 }))
    const pending = await ownOf(world)
    const wanted = { vq: 2, vi: 1 }
    await applied(world, { change: 'resetPrimary', pf, expected: wanted })

    expect(small).toEqual({ ...NONE, ioQueues: 2 }) // of the 3 VQ that are private
    expect(pending).toEqual(small)
    expect(await ownOf(world)).toEqual({ ...wanted, ioQueues: 4 })
  }
)

test('a PM1733 provisions once its primary has given up what it had', async () => {
  const world = await emulatedHost(labWith('pm1733'))
  const found = await ownOf(world)

  await appliedAll(world, resize(NONE))
  await appliedAll(world, PROVISION)

  expect(found).toMatchObject(ALL)
  const { secondaries } = world.machine.snapshot().primaries[pf] ?? {}
  expect(secondaries?.[0]).toMatchObject({ state: 'online', vq: 4, vi: 4 })
})

test('a reset is written only where something is to come in force', async () => {
  const world = await emulatedHost()
  const reset = { change: 'resetPrimary', pf, expected: NONE } as const

  const outcome = await applied(world, reset)

  expect(outcome).toEqual({ outcome: 'done', writes: [] })
})

test('an allocation is always sent, since what is pending cannot be read', async () => {
  const world = await emulatedHost()
  const [change] = allocate(NONE)
  if (!change) throw new Error('there are two')

  const outcomes = await appliedAll(world, [change, change])

  const sent = ['allocate 0 VQ to primary controller 0 through /dev/nvme0']
  expect(outcomes.map((each) => each.outcome === 'done' && each.writes)).toEqual([
    sent,
    sent,
  ])
})

test('a primary with VFs is not reset', async () => {
  const world = await emulatedHost()
  const expected = { vq: 4, vi: 0 }
  await appliedAll(world, [{ change: 'setVfCount', pf, count: 8 }, ...allocate(expected)])

  const resetting = applied(world, { change: 'resetPrimary', pf, expected })

  await expect(resetting).rejects.toMatchObject({
    failure: { kind: 'vfs-already-enabled' },
  })
})

test.for(['bus', 'bus flr', ''])(
  'a primary that would be reset by "%s" is not reset',
  async (methods) => {
    const world = await emulatedHost()
    const expected = { vq: 4, vi: 0 }
    const path = `/sys/bus/pci/devices/${pf}/reset_method`
    await world.machine.kernel
      .lane(pf)
      .call({ call: 'write', path, text: `${methods}\n` }, { deadlineMs: 1_000 })
    await appliedAll(world, allocate(expected))

    const resetting = applied(world, { change: 'resetPrimary', pf, expected })

    await expect(resetting).rejects.toMatchObject({
      failure: { kind: 'no-function-level-reset', methods },
    })
    expect(world.machine.transcript.some((call) => isResetOf(call))).toBe(false)
  }
)

test('a reset that leaves the allocation as it was had no effect', async () => {
  const world = await emulatedHost()
  const expected = { vq: 4, vi: 0 }
  await appliedAll(world, allocate(expected))
  world.machine.faults.add({
    match: { call: 'write', path: RESET_PATH },
    kind: { fault: 'without-effect' },
  })

  const resetting = applied(world, { change: 'resetPrimary', pf, expected })

  await expect(resetting).rejects.toMatchObject({
    failure: { kind: 'no-effect', found: '0 VQ and 0 VI of its own' },
  })
})

async function coarseHost(): Promise<EmulatedHost> {
  const host = labWith('specification')
  const coarse = host.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((one) =>
      one.sriov ? { ...one, sriov: { ...one.sriov, vqGranularity: 4 } } : one
    ),
  }))
  return emulatedHost({ ...host, subsystems: coarse })
}

test('a number that the drive rounds is no effect to rely on', async () => {
  const [change] = allocate({ vq: 6, vi: 0 })
  if (!change) throw new Error('there are two')

  await expect(applied(await coarseHost(), change)).rejects.toMatchObject({
    failure: { kind: 'no-effect', expected: '6 VQ', found: '4 VQ' },
  })
})

test('nor is it of a secondary, which takes another one then', async () => {
  const world = await coarseHost()
  const change = { change: 'assignBoth', pf, cntlid: 1, vi: 3 } as const

  await expect(applied(world, { ...change, vq: 6 })).rejects.toMatchObject({
    failure: { kind: 'no-effect', expected: '6 VQ', found: '4 VQ' },
  })
  expect(await applied(world, { ...change, vq: 8 })).toMatchObject({
    writes: [expect.stringContaining('assign 8 VQ to controller 1')],
  })
})

test.for([
  ['more than there are', 33, 0x121],
  ['more than the secondaries leave', 30, 0x122],
] as const)('%s are refused by the drive', async ([, count, status]) => {
  const world = await emulatedHost()
  await appliedAll(world, [
    { change: 'assignResources', pf, cntlid: 1, resource: 'vq', count: 4 },
  ])
  const [change] = allocate({ vq: count, vi: 0 })
  if (!change) throw new Error('there are two')

  await expect(applied(world, change)).rejects.toMatchObject({
    failure: { kind: 'nvme-refused', status },
  })
})

function isResetOf(call: EmulatedHost['machine']['transcript'][number]): boolean {
  return call.call === 'write' && call.path === RESET_PATH
}

async function ownOf({ host }: EmulatedHost) {
  const reply = await host.ask({ read: 'primary', pf })
  if (!reply.answered) throw new Error('nothing hangs')
  const { vq, vi } = reply.answer
  const { functions } = await host.scan()
  const controller = functions.find(({ address }) => address === pf)?.controller
  return {
    vq: vq.primary,
    vi: vi.primary,
    ioQueues: (controller?.queueCount ?? 0) - 1,
  }
}
