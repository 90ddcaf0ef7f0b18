/** A controller that went with chosen namespaces, when the world moves on before it comes back. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { dualController, FIRST, SECOND, second } from '../support/dual-controller.ts'
import { byHand, diskIfAny, unbindByHand } from './by-hand.ts'
import {
  asSpecified,
  assignFirst,
  attachments,
  deviceNumberOf,
  directWorld,
  NAMESPACES,
} from './direct-world.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf } from './trouble.ts'
import { controllerAt, done, type World } from './world.ts'

const ASKED = [3, 5]

test('after a reboot a release puts back what was attached, though nothing of the function is left to clean', async () => {
  const { world, found } = await assigned()
  await world.machine.drills.fire({ event: 'reboot' })
  await world.inventory.rescan(DEMO, world.hostId)
  const { id } = onlyAssignment(world)

  await done(world, world.workflows.release(DEMO, id, {}))
  const quarantined = onlyAssignment(world)
  const others = await refusalsOf(assignSecond(world))
  await done(world, world.workflows.release(DEMO, id, { acceptUncleaned: true }))

  expect(quarantined).toMatchObject({ state: 'quarantined', quarantine: 'not cleaned' })
  expect(others).toMatchObject([{ check: 'no-spokesman' }])
  expect(attachments(world)).toEqual(found)
  expect(onlyAssignment(world).state).toBe('released')
})

test('what was released while its drive was away is put back when that is let go uncleaned, and the drive is there again', async () => {
  const { world, found } = await assigned()
  await happens(world, 'surprise-removal')
  const { id } = onlyAssignment(world)

  await done(world, world.workflows.release(DEMO, id, {}))
  const quarantined = onlyAssignment(world)
  await happens(world, 'hot-plug')
  await done(world, world.workflows.release(DEMO, id, { acceptUncleaned: true }))

  expect(quarantined).toMatchObject({ state: 'quarantined', quarantine: 'not cleaned' })
  expect(attachments(world)).toEqual(found)
  expect(onlyAssignment(world).state).toBe('released')
})

test('it is restored after a reboot with what its drive has kept, and released as ever', async () => {
  const { world, found } = await assigned({ tends: true })
  const before = world.machine.snapshot()
  const { attachments: recorded } = onlyAssignment(world).before ?? {}

  await world.machine.drills.fire({ event: 'reboot' })
  await world.inventory.rescan(DEMO, world.hostId)
  await ready(world)

  expect(world.machine.snapshot()).toEqual(before)
  expect(onlyAssignment(world).before?.attachments).toEqual(recorded)
  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))
  expect(attachments(world)).toEqual(found)
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('it is not restored with a namespace that somebody attached since the last scan', async () => {
  const { world } = await assigned()
  await world.machine.drills.fire({ event: 'reboot' })
  await world.inventory.rescan(DEMO, world.hostId)
  await byHand(world, { change: 'attachNamespace', pf: second, nsid: 4, cntlid: 1 })
  const { functionId } = onlyAssignment(world)

  const end = await world.end(await world.workflows.heal(DEMO, functionId))

  expect(end).toMatchObject({
    state: 'undone',
    error: { detail: { refusals: [{ check: 'namespaces-changed' }] } },
  })
})

test('a release waits for a mount that would lose its only path, and says so', async () => {
  const { world, found } = await assigned()
  const unmount = world.machine.mount((await diskIfAny(world, { nsid: 6 })) ?? '', '/srv')

  const operation = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  const shown = await world.until(operation, (state) => state === 'blocked')
  unmount()
  const end = await world.end(operation)

  expect(shown.blocked).toMatchObject({ call: expect.stringContaining('/srv') })
  expect(end.state).toBe('succeeded')
  expect(attachments(world)).toEqual(found)
})

test('a release keeps a mount where the disk gets its old path before it loses the new one', async () => {
  const { world, found } = await assigned()
  const disk = (await diskIfAny(world, { nsid: 2 })) ?? ''
  world.machine.mount(disk, '/srv')
  const number = await deviceNumberOf(world, disk)

  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(attachments(world)).toEqual(found)
  expect(await diskIfAny(world, { nsid: 2 })).toBe(disk)
  expect(await deviceNumberOf(world, disk)).toBe(number)
})

test.for([[{}], [{ acceptUncleaned: true }]] as const)(
  'a namespace that somebody deleted keeps a release with %j from putting back no other',
  async ([request]) => {
    const nguid = 'c'.repeat(32)
    const namespaces = NAMESPACES.map((one) => ({
      ...one,
      ...(one.nsid === 3 && { nguid }),
    }))
    const world = await directWorld(asSpecified(dualController(namespaces)))
    onTestFinished(() => world.stop())
    const { 3: _, ...others } = attachments(world)
    await done(world, assignFirst(world, ASKED))
    await byHand(world, { change: 'detachNamespace', pf: second, nsid: 3, cntlid: 1 })
    const gone = { fn: second, nsid: 3, nguid, eui64: null }
    await byHand(world, { change: 'deleteNamespace', ...gone })

    await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, request))

    expect(attachments(world)).toEqual(others)
    expect(onlyAssignment(world).state).toBe('released')
  }
)

test('where the other controller has left the host it comes back by itself', async () => {
  const { world, found } = await assigned()
  await unbindByHand(world, SECOND)
  await world.inventory.rescan(DEMO, world.hostId)

  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(attachments(world)).toEqual(found)
})

test('the spokesman leaves before the undo: whoever answers puts back', async () => {
  const world = await directWorld(dualController(NAMESPACES), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => {
          if (step.name !== 'rescan') return step
          const run = async () => {
            await unbindByHand(world, SECOND)
            throw new Error('made to fail')
          }
          return { ...step, run }
        }),
    }),
  })
  const found = attachments(world)

  const end = await world.end(await assignFirst(world, ASKED))

  expect(end.state).toBe('undone')
  expect(attachments(world)).toEqual(found)
})

async function assigned(options: { readonly tends?: boolean } = {}) {
  const world = await directWorld(dualController(NAMESPACES), options)
  onTestFinished(() => world.stop())
  const found = attachments(world)
  await done(world, assignFirst(world, ASKED))
  return { world, found }
}

/** To the drive: to both of its functions. */
async function happens(
  world: World,
  event: 'surprise-removal' | 'hot-plug'
): Promise<void> {
  for (const address of [FIRST, SECOND])
    expect(await world.machine.drills.fire({ event, address })).toEqual({ fired: true })
  await world.clock.advance(1_000)
  await world.inventory.rescan(DEMO, world.hostId)
}

function assignSecond(world: World): Promise<OperationView> {
  return world.workflows.assign(DEMO, {
    controllerId: controllerAt(world, SECOND).id,
    namespaceIds: [],
    consumer: 'other',
  })
}

/** Restored by nvirt itself. */
async function ready(world: World): Promise<void> {
  for (let rounds = 0; rounds < 2_000; rounds++) {
    const { state } = onlyAssignment(world)
    if (state === 'ready' && world.store.read.host(world.hostId)?.settledBootId) return
    await world.clock.advance(50)
  }
  throw new Error(`it is ${onlyAssignment(world).state} still`)
}
