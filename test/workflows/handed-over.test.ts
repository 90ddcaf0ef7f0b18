/** A consumer of a whole controller may detach, delete and create namespaces: what it had is erased all the same, or named. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { dualController, FIRST, second } from '../support/dual-controller.ts'
import { byGuest, byHand, unbindByHand } from './by-hand.ts'
import { creation, deleteByHand, onPlain as onDisk, ZEROES } from './created-by-hand.ts'
import { asSpecified, assignFirst, directWorld, NAMESPACES } from './direct-world.ts'
import { assignVfWith, evidenceIn, withFreeNsid } from './logical-scenarios.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import {
  bindByHand,
  controllerAt,
  done,
  makeWorld,
  PF,
  PLAIN,
  virtualFunctionOf,
} from './world.ts'
import type { World } from './world.ts'

const fn = pciAddress(PLAIN)
const NGUID = '11'.padStart(32, 'a')
const GIVEN = { fn, nsid: 2, nguid: NGUID, eui64: null }
/** NSID 1 is the first that is free. */
const CREATED = 1

test('a namespace that its consumer detached is erased all the same', async () => {
  const world = await assigned()
  await byGuest(world, [{ change: 'detachNamespace', pf: fn, nsid: 2, cntlid: 0 }])

  await done(world, release(world))

  expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 2, markersLeft: 0 }] })
  expect(await onDisk(world, 2, 'read')).toEqual(ZEROES)
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('a release that is undone leaves it detached as it was', async () => {
  const world = await assigned()
  await byGuest(world, [{ change: 'detachNamespace', pf: fn, nsid: 2, cntlid: 0 }])
  const found = world.machine.snapshot()
  const kind = { fault: 'errno', errno: 'EBUSY' } as const
  world.machine.faults.arm({ match: { call: 'holdDisk' }, kind })

  const end = await world.end(await release(world))

  expect(end.state).toBe('undone')
  expect(world.machine.snapshot()).toEqual(found)
})

test('one that it created and detached keeps the function quarantined by name, until it is gone', async () => {
  const world = await assigned()
  await byGuest(world, creation({ fn, cntlid: 0, before: [2] }), async () => {
    await onDisk(world, CREATED, 'write')
    await byHand(world, { change: 'detachNamespace', pf: fn, nsid: CREATED, cntlid: 0 })
  })

  await done(world, release(world))
  const quarantined = onlyAssignment(world)
  const named = evidenceIn(world)
  await deleteByHand(world, fn, CREATED)
  await done(world, release(world))

  expect(quarantined.state).toBe('quarantined')
  expect(quarantined.quarantine).toContain('namespace 1 ')
  expect(named).toMatchObject({ namespaces: [{ nsid: 2 }], unattached: [CREATED] })
  expect(evidenceIn(world)).not.toHaveProperty('unattached')
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('one that it created and kept is erased', async () => {
  const world = await assigned()
  await byGuest(world, creation({ fn, cntlid: 0, before: [2] }), () =>
    onDisk(world, CREATED, 'write')
  )

  await done(world, release(world))

  expect(await onDisk(world, CREATED, 'read')).toEqual(ZEROES)
  expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 1 }, { nsid: 2 }] })
})

test('one that it deleted is named in the evidence', async () => {
  const world = await assigned()
  await byGuest(world, [
    { change: 'detachNamespace', pf: fn, nsid: 2, cntlid: 0 },
    { ...GIVEN, change: 'deleteNamespace' },
  ])

  await done(world, release(world))

  expect(evidenceIn(world)).toMatchObject({ namespaces: [], deleted: [2] })
  expect(onlyAssignment(world).state).toBe('released')
})

test('one that somebody deleted of a VF is named too, and the rest is erased', async () => {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await assignVfWith(world, [3, 4])
  const pf = pciAddress(PF)
  const { cntlid } = virtualFunctionOf(world, 1)
  await byHand(world, { change: 'detachNamespace', pf, nsid: 3, cntlid })
  await deleteByHand(world, pf, 3)

  await done(world, release(world))

  expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 4 }], deleted: [3] })
})

test('of a controller without a driver, which did not answer, one that was detached is erased too', async () => {
  const world = await withTwo()
  await unbindByHand(world, PLAIN)
  await world.inventory.rescan(DEMO, world.hostId)
  await done(world, assignPlain(world))
  await byGuest(world, [{ change: 'detachNamespace', pf: fn, nsid: 2, cntlid: 0 }])

  await done(world, release(world))
  await bindByHand(world, PLAIN, 'nvme')

  const nsids = [{ nsid: 1 }, { nsid: 2 }]
  expect(evidenceIn(world)).toMatchObject({ namespaces: nsids })
  expect(await onDisk(world, 2, 'read')).toEqual(ZEROES)
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('of one that vfio-pci has had since the boot, what was detached keeps it quarantined by name, until it is erased', async () => {
  const world = await makeWorld(memoryStore(), { description: withVfio(withFreeNsid()) })
  await done(world, assignPlain(world))
  const namespace2 = { pf: fn, nsid: 2, cntlid: 0 } as const
  const detached = { change: 'detachNamespace', ...namespace2 } as const
  await byGuest(world, [...creation({ fn, cntlid: 0, before: [2] }), detached])

  await done(world, release(world))
  const { state, quarantine } = onlyAssignment(world)
  const named = evidenceIn(world)
  await byGuest(world, [{ change: 'attachNamespace', ...namespace2 }])
  await done(world, release(world))

  expect(named).toMatchObject({ namespaces: [{ nsid: 1 }], unattached: [2] })
  expect(state).toBe('quarantined')
  expect(quarantine).toContain('namespace 2 ')
  expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 1 }, { nsid: 2 }] })
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test.for([
  ['with two', withTwo, [{ nsid: 1 }, { nsid: 2 }]],
  ['with one', withOne, [{ nsid: 2 }]],
] as const)(
  'where a former nvirt recorded nothing of a controller %s, what was detached is named, and erased once it is attached',
  async ([, prepared, nsids]) => {
    const world = await prepared()
    await done(world, assignPlain(world))
    await byGuest(world, [{ change: 'detachNamespace', pf: fn, nsid: 2, cntlid: 0 }])
    await forgetReached(world)

    await done(world, release(world))
    const { state, quarantine } = onlyAssignment(world)
    await byHand(world, { change: 'attachNamespace', pf: fn, nsid: 2, cntlid: 0 })
    await done(world, release(world))

    expect(state).toBe('quarantined')
    expect(quarantine).toContain('namespace 2 ')
    expect(evidenceIn(world)).toMatchObject({ namespaces: nsids })
    expect(await onDisk(world, 2, 'read')).toEqual(ZEROES)
    expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
  }
)

test('what a controller with chosen namespaces goes beside is asked of one that stays', async () => {
  const world = await directWorld(asSpecified(dualController(NAMESPACES)))
  onTestFinished(() => world.stop())
  await unbindByHand(world, FIRST)

  await done(world, assignFirst(world, [3, 5]))
  await done(world, release(world))

  expect(evidenceIn(world)).not.toHaveProperty('unattached')
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('besides the chosen ones, one that the consumer attached is erased', async () => {
  const world = await directWorld(asSpecified(dualController(NAMESPACES)))
  onTestFinished(() => world.stop())
  await done(world, assignFirst(world, [3, 5]))
  await byHand(world, { change: 'attachNamespace', pf: second, nsid: 4, cntlid: 1 })

  await done(world, release(world))

  const nsids = [3, 4, 5].map((nsid) => ({ nsid }))
  expect(evidenceIn(world)).toMatchObject({ namespaces: nsids })
})

test('besides the chosen ones, what the host has too is erased by nobody', async () => {
  const world = await directWorld(asSpecified(dualController(NAMESPACES)))
  onTestFinished(() => world.stop())
  await done(world, assignFirst(world, [3, 5]))
  for (const cntlid of [1, 2])
    await byHand(world, { change: 'attachNamespace', pf: second, nsid: 4, cntlid })

  const end = await world.end(await release(world))

  expect(end).toMatchObject({
    state: 'undone',
    error: { detail: { refusals: [{ check: 'erase-reaches-others' }] } },
  })
})

function release(world: World) {
  return world.workflows.release(DEMO, onlyAssignment(world).id, {})
}

async function assigned(): Promise<World> {
  const world = await withOne()
  await done(world, assignPlain(world))
  return world
}

/** 2, with somebody's data. */
async function withOne(): Promise<World> {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await onDisk(world, 2, 'write')
  return world
}

async function withTwo(): Promise<World> {
  const world = await withOne()
  for (const change of creation({ fn, cntlid: 0, before: [2] })) await byHand(world, change)
  await world.inventory.rescan(DEMO, world.hostId)
  return world
}

function assignPlain(world: World) {
  const { id: controllerId } = controllerAt(world, PLAIN)
  return world.workflows.assign(DEMO, { controllerId, consumer: 'vm' })
}

const VFIO = { driver: 'vfio-pci', driverOverride: 'vfio-pci' } as const

/** PLAIN of them: no scan has seen what it has. */
function withVfio({ subsystems, ...host }: HostDescription): HostDescription {
  const withDriver = subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((one) =>
      one.address === PLAIN ? { ...one, ...VFIO } : one
    ),
  }))
  return { ...host, subsystems: withDriver }
}

/** As an nvirt that did not ask yet. */
async function forgetReached({ store, ...world }: World): Promise<void> {
  const { id, before } = onlyAssignment({ store, ...world })
  if (!before) throw new Error('nothing was recorded')
  const { reached: _, ...of } = before
  const at = '2026-01-01T00:00:00.000Z'
  await store.commit([{ write: 'updateAssignment', id, set: { before: of }, at }])
}
