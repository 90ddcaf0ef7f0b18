/** A controller that went with chosen namespaces comes back, and others of its subsystem are somebody else's by now. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { OPCODE } from '../../src/nvme/admin-commands.ts'
import { FIRST, SECOND, second } from '../support/dual-controller.ts'
import { byHand, unbindByHand } from './by-hand.ts'
import {
  assignFirst,
  assigningFirst,
  assignToOther,
  attachments,
  directWorld,
  hangs,
  NAMESPACES,
  standing,
  THIRD,
  threeControllers,
} from './direct-world.ts'
import { refusalsOf, troubleOf } from './trouble.ts'
import { bindByHand, controllerAt, done, type World } from './world.ts'

test('a controller that keeps namespaces for one that went is not handed over whole with them', async () => {
  const world = await opened(directWorld())
  const found = attachments(world)
  await done(world, assignFirst(world, [3]))
  const { id } = standing(world, FIRST)
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(assignToOther(world, SECOND))
  const after = world.machine.transcript.length
  await release(world, FIRST)
  const returned = attachments(world)
  await done(world, assignToOther(world, SECOND))

  expect(refusals).toMatchObject(
    [1, 2, 6].map((nsid) => ({
      check: 'namespace-promised',
      device: `${SECOND} namespace ${nsid}`,
      reason: expect.stringContaining(`assignment ${id}`),
    }))
  )
  expect(after).toBe(written)
  expect(returned).toEqual(found)
  expect(standing(world, SECOND).state).toBe('ready')
})

test('one that is handed over meanwhile with what is its own gets nothing, and loses nothing, by a release', async () => {
  const world = await opened(directWorld())
  await done(world, assignFirst(world, [3]))
  for (const nsid of [1, 2, 6])
    await byHand(world, { change: 'detachNamespace', pf: second, nsid, cntlid: 2 })
  await world.inventory.rescan(DEMO, world.hostId)
  await done(world, assignToOther(world, SECOND))

  const leftOut = await release(world, FIRST)

  expect(attachments(world)).toEqual({ 1: [1], 2: [1], 3: [1], 4: [], 5: [2], 6: [1] })
  expect(leftOut).toEqual([
    { nsid: 3, cntlids: [2] },
    { nsid: 1, cntlids: [2] },
  ])
})

test('what one has that somebody gave to a guest by hand is neither taken from it nor given to the host', async () => {
  const world = await opened(directWorld())
  await done(world, assignFirst(world, [3]))
  await bindByHand(world, SECOND, 'vfio-pci')
  await world.inventory.rescan(DEMO, world.hostId)
  const kept = attachments(world)

  const leftOut = await release(world, FIRST)

  expect(attachments(world)).toEqual(kept)
  expect(leftOut).toEqual([
    { nsid: 3, cntlids: [2] },
    { nsid: 1, cntlids: [2] },
    { nsid: 2, cntlids: [2] },
    { nsid: 6, cntlids: [2] },
  ])
})

test('of three, one that another tenant has by now gets nothing back until its own release', async () => {
  const shared = NAMESPACES.map((one) =>
    one.nsid === 1 ? { nsid: 1, attachedTo: [1, 2, 3] } : one
  )
  const world = await opened(threeControllers(shared))
  const found = attachments(world)
  await done(world, assignFirst(world, [3]))
  await done(world, assignToOther(world, THIRD, [4]))

  const leftOut = await release(world, FIRST)
  const meanwhile = attachments(world)
  await release(world, THIRD)

  expect(meanwhile).toEqual({ ...found, 1: [1, 2], 4: [3] })
  expect(leftOut).toEqual([{ nsid: 1, cntlids: [3] }])
  expect(attachments(world)).toEqual(found)
})

test.for([
  ['first', FIRST, SECOND, { 2: [1, 2] }],
  ['last', SECOND, FIRST, {}],
] as const)(
  'of three, a private namespace of one that went %s comes back to it, though another went after it',
  async ([, one, other, besides]) => {
    const world = await opened(threeControllers())
    const found = attachments(world)
    await done(world, assignFirst(world, [4]))
    await done(world, assignToOther(world, SECOND, [5]))

    await release(world, one)
    await release(world, other)

    // What is shared may keep a path that its host had meanwhile.
    expect(attachments(world)).toEqual({ ...found, ...besides })
  }
)

test('of three, none is handed over while a release of another may attach something to it', async () => {
  const world = await opened(threeControllers())
  await done(world, assignFirst(world, [3]))

  const { params } = await world.workflows.release(DEMO, standing(world, FIRST).id, {})

  const siblings = [SECOND, THIRD].map((address) => controllerAt(world, address).id)
  expect(params).toMatchObject({ holds: { shared: siblings } })
})

test('of three, none is handed over while an assignment of another may attach something to it again', async () => {
  const world = await opened(threeControllers(OF_THIRD))
  const found = attachments(world)
  const { cancelled } = await assigningFirst(world, [4])

  const conflict = await troubleOf(assignToOther(world, THIRD))
  const { state } = await cancelled()

  expect(conflict).toMatchObject({ kind: 'conflict', device: THIRD })
  expect(state).toBe('undone')
  expect(attachments(world)).toEqual(found)
})

test('of three, what one had that a guest has by now is not attached to it again when that is undone', async () => {
  const world = await opened(threeControllers(OF_THIRD))
  const found = attachments(world)
  const { cancelled } = await assigningFirst(world, [3, 4])
  await unbindByHand(world, THIRD)
  await bindByHand(world, THIRD, 'vfio-pci')

  const { state } = await cancelled()

  expect(state).toBe('undone')
  expect(attachments(world)).toEqual({ ...found, 4: [1] })
})

test.for([
  ['has left the host', (world: World) => leaves(world, SECOND)],
  [
    'is known to have left the host',
    async (world: World) => {
      await leaves(world, SECOND)
      await world.inventory.rescan(DEMO, world.hostId)
    },
  ],
  ['claims to be who another is', (world: World) => isDoubted(world, SECOND)],
] as const)(
  'what was moved to one that %s by then comes back when that is undone',
  async ([, happens]) => {
    const world = await opened(directWorld())
    const found = attachments(world)
    const { cancelled } = await assigningFirst(world, [3, 5])
    const moved = attachments(world)
    await happens(world)

    const { state } = await cancelled()

    expect(moved).toMatchObject({ 1: [2], 2: [2], 6: [2] })
    expect(state).toBe('undone')
    expect(attachments(world)).toEqual(found)
  }
)

test('of three, one that has none of the namespaces may hang while that is undone', async () => {
  const world = await opened(threeControllers())
  const found = attachments(world)
  await unbindByHand(world, THIRD)
  await world.inventory.rescan(DEMO, world.hostId)
  const { cancelled } = await assigningFirst(world, [3])
  await bindByHand(world, THIRD, 'nvme')
  await hangs(world, THIRD)

  const { state } = await cancelled()

  expect(state).toBe('undone')
  expect(attachments(world)).toEqual(found)
})

test('of three, one that has none of the namespaces may hang while a release puts them back', async () => {
  const world = await opened(threeControllers())
  const found = attachments(world)
  await unbindByHand(world, THIRD)
  await world.inventory.rescan(DEMO, world.hostId)
  await done(world, assignFirst(world, [3]))
  await bindByHand(world, THIRD, 'nvme')
  await hangs(world, THIRD)

  await release(world, FIRST)

  expect(attachments(world)).toEqual(found)
})

test('of three, a stuck assignment is not undone once another tenant has one that it took something from', async () => {
  const world = await opened(threeControllers(OF_THIRD))
  const { cancelled } = await assigningFirst(world, [4])
  const { id } = world.machine.faults.arm({
    match: { call: 'admin', opcode: OPCODE.namespaceAttachment, nsid: 4 },
    kind: { fault: 'status', status: 0x006 },
  })
  const stuck = await cancelled()
  world.machine.faults.takeBack(id, 'with-effect')
  await done(world, assignToOther(world, THIRD))

  const refusals = await refusalsOf(world.workflows.retry(DEMO, stuck.id))

  expect(stuck.state).toBe('stuck')
  expect(refusals).toMatchObject([{ check: 'operation-overtaken' }])
  expect(attachments(world)).toMatchObject({ 4: [1] })
})

/** 4 is the third one's. */
const OF_THIRD = NAMESPACES.map((one) =>
  one.nsid === 4 ? { nsid: 4, attachedTo: [3] } : one
)

async function leaves({ machine, clock }: World, address: string): Promise<void> {
  const event = 'surprise-removal'
  expect(await machine.drills.fire({ event, address })).toEqual({ fired: true })
  await clock.advance(1_000)
}

async function isDoubted(world: World, address: string): Promise<void> {
  const rows = { virtualFunctions: [], namespaces: [] }
  const controllers = [{ ...controllerAt(world, address), ambiguous: true }]
  await world.store.commit([{ write: 'reconcile', controllers, ...rows }])
}

async function opened(opening: Promise<World>): Promise<World> {
  const world = await opening
  onTestFinished(() => world.stop())
  return world
}

/** @returns what was not put back, by the step that looked */
async function release(world: World, address: string): Promise<unknown> {
  const { id } = standing(world, address)
  const { steps } = await done(world, world.workflows.release(DEMO, id, {}))
  const { output } = steps.find(({ name }) => name === 'record-attachments') ?? {}
  expect(world.workflows.assignment(DEMO, id)).toMatchObject({ state: 'released' })
  return (output as { readonly leftOut?: unknown }).leftOut
}
