import { expect, test } from 'vitest'
import type { MachineSnapshot } from '../../src/emulator/machine.ts'
import type { HostChange } from '../../src/host/change.ts'
import type { FaultDescription } from '../../src/host/drills.ts'
import { HostDriverError } from '../../src/host/driver.ts'
import { pf, plain, vf1, vf2 } from './captured-host.ts'
import {
  applied,
  appliedAll,
  emulatedHost,
  PROVISION,
  RETIRE,
  type EmulatedHost,
} from './emulated-host.ts'

test('the changes of the main job provision, bind and hand over', async () => {
  const world = await emulatedHost()

  const outcomes = await appliedAll(world, PROVISION)

  expect(outcomes.every(({ outcome }) => outcome === 'done')).toBe(true)
  const { functions, primaries, attachments } = world.machine.snapshot()
  expect(functions[vf1]).toEqual({ driver: 'nvme', override: 'nvme' })
  expect(functions[vf2]).toEqual({ driver: 'vfio-pci', override: 'vfio-pci' })
  expect(functions[plain]).toEqual({ driver: 'vfio-pci', override: 'vfio-pci' })
  expect(primaries[pf]).toMatchObject({ vfCount: 8, autoprobe: false })
  expect(primaries[pf]?.secondaries.slice(0, 3)).toEqual([
    { cntlid: 1, state: 'online', vq: 4, vi: 4 },
    { cntlid: 2, state: 'online', vq: 3, vi: 3 },
    { cntlid: 3, state: 'offline', vq: 0, vi: 0 },
  ])
  expect(Object.values(attachments)).toContainEqual([1])
  const reply = await world.host.ask({ read: 'vfioGroup', fn: vf2 })
  expect(reply).toMatchObject({ answered: true, answer: { viable: true, holders: [] } })
})

test('taking it all back leaves the machine as it was', async () => {
  const world = await emulatedHost()
  const before = world.machine.snapshot()

  await appliedAll(world, PROVISION)
  await appliedAll(world, RETIRE)

  expect(world.machine.snapshot()).toEqual(before)
})

test('a second run of every change writes nothing but resets', async () => {
  const world = await emulatedHost()

  for (const change of [...PROVISION, ...RETIRE]) {
    await applied(world, change)
    const again = await applied(world, change)

    const expected = { resetFunction: 1, resetFunctions: 2 }[change.change as string] ?? 0
    expect(again.outcome === 'done' && again.writes.length, change.change).toBe(expected)
  }
})

const CASES = [...PROVISION, ...RETIRE].flatMap((change, at) =>
  (['errno', 'without-effect', 'never-returns'] as const).map((fault) => ({
    at,
    fault,
    what: change.change,
  }))
)

test.for(CASES)(
  'change $at, $what: its write meets $fault, and the change made again ends where it should',
  async ({ at, fault }) => {
    const world = await emulatedHost()
    const changes = [...PROVISION, ...RETIRE]
    const change = changes[at] as HostChange // within the list, by construction
    await appliedAll(world, changes.slice(0, at))
    const writesBefore = world.machine.transcript.length

    const disarm = world.machine.faults.add(firstWrite(fault))
    const first = await outcomeOf(world, change)
    disarm()
    world.machine.faults.release('with-effect')
    await world.clock.advance(1)

    // A change that finds nothing to do makes no write that could be spoiled.
    const wrote = world.machine.transcript.length > writesBefore
    if (wrote) expect(first).toBe(expectedAfter(fault, change))
    expect(await outcomeOf(world, change)).toBe('done')
    expect(world.machine.snapshot()).toEqual((await cleanRun)[at])
  }
)

/** The machine after each change, when nothing goes wrong. */
const cleanRun = (async () => {
  const world = await emulatedHost()
  const snapshots: MachineSnapshot[] = []
  for (const change of [...PROVISION, ...RETIRE]) {
    await applied(world, change)
    snapshots.push(world.machine.snapshot())
  }
  return snapshots
})()

function firstWrite(fault: 'errno' | 'without-effect' | 'never-returns'): FaultDescription {
  return {
    match: { control: true },
    times: 1,
    kind: fault === 'errno' ? { fault, errno: 'EIO' } : { fault },
  }
}

/** The reset leaves no trace, and a probe has a second way. */
function expectedAfter(fault: string, { change }: HostChange): string {
  if (fault === 'never-returns') return 'blocked'
  if (change === 'probe') return 'done'
  if (fault === 'errno') return 'kernel-refused'
  return change.startsWith('resetFunction') ? 'done' : 'no-effect'
}

async function outcomeOf(world: EmulatedHost, change: HostChange): Promise<string> {
  try {
    return (await applied(world, change)).outcome
  } catch (cause) {
    if (cause instanceof HostDriverError) return cause.failure.kind
    throw cause
  }
}

test('a hanging write that comes back without effect is made again', async () => {
  const world = await emulatedHost()
  const change = { change: 'setVfCount', pf, count: 8 } as const
  world.machine.faults.add(firstWrite('never-returns'))

  expect(await outcomeOf(world, change)).toBe('blocked')
  expect(await outcomeOf(world, change)).toBe('blocked')
  world.machine.faults.release('without-effect')
  await world.clock.advance(1)

  expect(await applied(world, change)).toMatchObject({ writes: [expect.any(String)] })
  expect(world.machine.snapshot().primaries[pf]?.vfCount).toBe(8)
})

test('online before its VFs is refused with the status of the drive', async () => {
  const world = await emulatedHost()
  const assign = { change: 'assignResources', pf, cntlid: 1 } as const
  await applied(world, { ...assign, resource: 'vq', count: 2 })
  await applied(world, { ...assign, resource: 'vi', count: 1 })

  const online = applied(world, { change: 'bringOnline', pf, cntlid: 1 })

  await expect(online).rejects.toMatchObject({
    failure: { kind: 'nvme-refused', status: 0x120 },
  })
})

test.for([
  [9, { kind: 'too-many-vfs', requested: 9 }],
  [3, { kind: 'vfs-already-enabled' }],
] as const)('with 8 of 8 VFs enabled, %i are %o', async ([count, failure]) => {
  const world = await emulatedHost()
  await applied(world, { change: 'setVfCount', pf, count: 8 })

  const enabling = applied(world, { change: 'setVfCount', pf, count })

  await expect(enabling).rejects.toMatchObject({ failure })
})

test('an offline VF does not bind to nvme, and that is said', async () => {
  const world = await emulatedHost()
  await appliedAll(world, [
    { change: 'setAutoprobe', pf, enabled: false },
    { change: 'setVfCount', pf, count: 8 },
    { change: 'setOverride', fn: vf1, driver: 'nvme' },
  ])

  const probing = applied(world, { change: 'probe', fn: vf1, expectDriver: 'nvme' })

  await expect(probing).rejects.toMatchObject({
    failure: { kind: 'driver-did-not-bind', expected: 'nvme', found: null },
  })
})

test('a VF that has gone with its count is gone', async () => {
  const world = await emulatedHost()
  await appliedAll(world, [...PROVISION, ...RETIRE])

  const clearing = applied(world, { change: 'setOverride', fn: vf1, driver: null })

  await expect(clearing).rejects.toMatchObject({ failure: { kind: 'gone', what: vf1 } })
})
