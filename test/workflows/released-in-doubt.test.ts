/**
 * A release that cleaned a controller and was in doubt about more: the next one looks at that, and at nothing else, since
 * the host may have what was cleaned by then.
 */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { dualController, FIRST, SECOND, second } from '../support/dual-controller.ts'
import { byGuest, byHand, diskNow } from './by-hand.ts'
import { creation, deleteByHand, onPlain, PATTERN } from './created-by-hand.ts'
import {
  asSpecified,
  assignFirst,
  directWorld,
  NAMESPACES,
  standing,
  withRoom,
} from './direct-world.ts'
import { evidenceIn, withFreeNsid } from './logical-scenarios.ts'
import { memoryStore } from './memory-store.ts'
import { readFrom, writeOn } from './on-disk.ts'
import { onlyAssignment } from './scenarios.ts'
import { controllerAt, done, makeWorld, PLAIN, type World } from './world.ts'

const ALL = NAMESPACES.map(({ nsid }) => nsid)
/** The first that is free. */
const CREATED = ALL.length + 1
const GIVEN = [{ nsid: 3 }, { nsid: 5 }]
const TO_FIRST = {
  change: 'attachNamespace',
  pf: second,
  nsid: CREATED,
  cntlid: 1,
} as const

test('of chosen namespaces nothing is erased again once what was created beside them is gone', async () => {
  const world = await leftOfChosen()
  const disk = await diskNow(world, 3)
  await writeOn(world, disk, 'of the host')
  await deleteByHand(world, second, CREATED)

  const { steps } = await done(world, release(world))

  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
  expect(steps.map(({ name }) => name)).not.toContain('erase')
  expect(await readFrom(world, disk)).toContain('of the host')
  expect(evidenceIn(world)).toMatchObject({ namespaces: GIVEN })
  expect(evidenceIn(world)).not.toHaveProperty('unattached')
})

test('as long as it is there, and nobody’s, it is named', async () => {
  const world = await leftOfChosen()

  await done(world, release(world))
  await done(world, release(world))

  expect(onlyAssignment(world).state).toBe('quarantined')
  expect(onlyAssignment(world).quarantine).toContain(`namespace ${CREATED} `)
  expect(evidenceIn(world)).toMatchObject({ namespaces: GIVEN, unattached: [CREATED] })
})

test('attached to the controller it is erased, and nothing else is', async () => {
  const world = await leftOfChosen()
  await byHand(world, TO_FIRST)
  const [host, left] = [await diskNow(world, 3), await diskNow(world, CREATED)]
  await writeOn(world, host, 'of the host')
  await writeOn(world, left, 'of the tenant')

  await done(world, release(world))

  expect(await readFrom(world, left)).not.toContain('of the tenant')
  expect(await readFrom(world, host)).toContain('of the host')
  expect(evidenceIn(world)).toMatchObject({ namespaces: [...GIVEN, { nsid: CREATED }] })
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('another one that the host has made in its place is the host’s', async () => {
  const world = await leftOfChosen()
  await deleteByHand(world, second, CREATED)
  for (const change of creation({ fn: second, cntlid: 1, before: ALL }))
    await byHand(world, change)
  const disk = await diskNow(world, CREATED)
  await writeOn(world, disk, 'of the host')

  const { steps } = await done(world, release(world))

  expect(steps.map(({ name }) => name)).not.toContain('erase')
  expect(await readFrom(world, disk)).toContain('of the host')
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('attached to another one beside, it is erased by nobody, and stays named', async () => {
  const world = await leftOfChosen(true)
  await byHand(world, TO_FIRST)
  await byHand(world, { ...TO_FIRST, cntlid: 2 })

  const end = await world.end(await release(world))

  expect(end).toMatchObject({
    state: 'undone',
    error: { detail: { refusals: [{ check: 'erase-reaches-others' }] } },
  })
  expect(onlyAssignment(world).quarantine).toContain(`namespace ${CREATED} `)
})

test('where the erase of it fails, what was cleaned before stays cleaned', async () => {
  const world = await leftOfChosen()
  await byHand(world, TO_FIRST)
  const host = await diskNow(world, 3)
  await writeOn(world, host, 'of the host')
  const match = { call: 'admin', opcode: 0x80 } as const
  const kind = { fault: 'status', status: 0x6 } as const
  const { id } = world.machine.faults.arm({ match, kind })

  const end = await world.end(await release(world))
  world.machine.faults.takeBack(id, 'with-effect')
  await done(world, release(world))

  expect(end).toMatchObject({ state: 'stuck', error: { step: 'erase' } })
  expect(await readFrom(world, host)).toContain('of the host')
  expect(evidenceIn(world)).toMatchObject({ namespaces: [...GIVEN, { nsid: CREATED }] })
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('of a whole controller the host keeps what it wrote since the first release', async () => {
  const world = await leftOfWhole()
  await onPlain(world, 2, 'write')
  await deleteByHand(world, pciAddress(PLAIN), 1)

  const { steps } = await done(world, release(world))

  expect(await onPlain(world, 2, 'read')).toEqual(PATTERN)
  expect(steps.map(({ name }) => name)).not.toContain('erase')
  expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 2, markersLeft: 0 }] })
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('nor is what the host has on it since asked for by another release that is to delete', async () => {
  const world = await leftOfWhole()
  await onPlain(world, 2, 'write')
  const attach = { change: 'attachNamespace', pf: pciAddress(PLAIN), cntlid: 0 } as const
  await byHand(world, { ...attach, nsid: 1 })

  const { id } = onlyAssignment(world)
  await done(world, world.workflows.release(DEMO, id, { cleaning: 'logical' }))

  expect(await onPlain(world, 2, 'read')).toEqual(PATTERN)
  expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 2 }, { nsid: 1 }] })
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('what is cleaned and in doubt is freed by acceptUncleaned', async () => {
  const world = await leftOfWhole()

  const { id } = onlyAssignment(world)
  await done(world, world.workflows.release(DEMO, id, { acceptUncleaned: true }))

  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('a spare one that the host created meanwhile counts no more once another controller of the host has it', async () => {
  const world = await leftOfChosen()
  await byHand(world, { ...TO_FIRST, cntlid: 2 })
  const spare = await diskNow(world, CREATED)
  await writeOn(world, spare, 'of the host')

  const { steps } = await done(world, release(world))

  expect(steps.map(({ name }) => name)).not.toContain('erase')
  expect(await readFrom(world, spare)).toContain('of the host')
  expect(evidenceIn(world)).not.toHaveProperty('unattached')
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('what another release of nvirt created in place of one that was there is nothing new', async () => {
  const world = await bothAssigned()
  const { id } = standing(world, SECOND)
  await done(world, world.workflows.release(DEMO, id, { cleaning: 'logical' }))
  await byHand(world, { change: 'detachNamespace', pf: second, nsid: 1, cntlid: 2 })
  const ofFirst = standing(world, FIRST)

  await done(world, world.workflows.release(DEMO, ofFirst.id, {}))

  expect(ofFirst.before?.reached?.allocated).toEqual([2, 1])
  expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 2 }] })
  expect(world.store.read.assignment(null, ofFirst.id)).toMatchObject({
    state: 'released',
    quarantine: null,
  })
})

function release(world: World) {
  return world.workflows.release(DEMO, onlyAssignment(world).id, {})
}

/** 3 and 5 were cleaned; what the consumer created is attached to nobody. */
async function leftOfChosen(shared = false): Promise<World> {
  const world = await directWorld(withRoom(asSpecified(dualController(NAMESPACES))))
  onTestFinished(() => world.stop())
  await done(world, assignFirst(world, [3, 5]))
  const [create] = creation({ fn: second, cntlid: 1, before: ALL, shared })
  await byHand(world, create)
  await done(world, release(world))
  expect(onlyAssignment(world).quarantine).toContain(`namespace ${CREATED} `)
  return world
}

/** Each with its namespace, 2 and 3, and whole. */
async function bothAssigned(): Promise<World> {
  const namespaces = [
    { nsid: 2, attachedTo: [1], nguid: 'b2'.padStart(32, '0'), shared: false },
    { nsid: 3, attachedTo: [2], nguid: 'b3'.padStart(32, '0'), shared: false },
  ]
  const world = await directWorld(asSpecified(dualController(namespaces)))
  onTestFinished(() => world.stop())
  for (const address of [FIRST, SECOND]) {
    const { id: controllerId } = controllerAt(world, address)
    await done(world, world.workflows.assign(DEMO, { controllerId, consumer: address }))
  }
  return world
}

/** 2 was cleaned, 1 is the consumer's. */
async function leftOfWhole(): Promise<World> {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  onTestFinished(() => world.stop())
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  const [create] = creation({ fn: pciAddress(PLAIN), cntlid: 0, before: [2] })
  await byGuest(world, [create])
  await done(world, release(world))
  expect(onlyAssignment(world).quarantine).toContain('namespace 1 ')
  return world
}
