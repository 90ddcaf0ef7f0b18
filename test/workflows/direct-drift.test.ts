/** Somebody detaches or attaches namespaces of an assigned controller behind nvirt's back. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostChange } from '../../src/host/change.ts'
import { dualController, FIRST, second } from '../support/dual-controller.ts'
import { byHand, diskIfAny } from './by-hand.ts'
import { assignFirst, attachments, directWorld, NAMESPACES } from './direct-world.ts'
import { onlyAssignment } from './scenarios.ts'
import { troubleOf } from './trouble.ts'
import { controllerAt, done, groupOf, type World } from './world.ts'

const ASKED = [3, 5]
const DETACH: HostChange = { change: 'detachNamespace', pf: second, nsid: 3, cntlid: 1 }
const ATTACH: HostChange = { change: 'attachNamespace', pf: second, nsid: 4, cntlid: 1 }

test.for([
  ['detaches one of its namespaces', DETACH, 'namespace-detached', [5]],
  ['attaches another one to it', ATTACH, 'foreign-namespace-attached', [3, 4, 5]],
] as const)(
  'where somebody %s, desired is shown against actual, told once, and left as it is',
  async ([, change, kind, nsids]) => {
    const world = await assigned({ tends: true })

    await byHand(world, change)
    const after = world.machine.snapshot()
    await rescan(world)
    await rescan(world)

    const expected = [{ kind, expected: { nsids: ASKED }, found: { nsids } }]
    const { id } = onlyAssignment(world)
    expect(world.workflows.assignment(DEMO, id).drift).toMatchObject(expected)
    const shown = world.inventory.controller(DEMO, controllerAt(world, FIRST).id)
    expect(shown.drift).toMatchObject(expected)
    expect(told(world)).toEqual([`controller.drift-appeared ${kind}`])
    expect(world.machine.snapshot()).toEqual(after)
  }
)

test.for([
  ['detached', DETACH, 'namespace-detached'],
  ['attached', ATTACH, 'foreign-namespace-attached'],
] as const)(
  'where the policy is to heal, what somebody %s is put right',
  async ([, by, kind]) => {
    const world = await assigned({ tends: true })
    const before = world.machine.snapshot()
    const recorded = onlyAssignment(world).before?.attachments
    await world.workflows.setDriftPolicy(DEMO, world.hostId, 'heal')

    await byHand(world, by)
    await rescan(world)
    await healed(world)

    expect(world.machine.snapshot()).toEqual(before)
    expect(onlyAssignment(world).state).toBe('ready')
    expect(onlyAssignment(world).before?.attachments).toEqual(recorded)
    expect(told(world)).toEqual([
      `controller.drift-appeared ${kind}`,
      `controller.drift-resolved ${kind}`,
    ])
  }
)

test('what the host took back and uses is not taken from it, and by hand it is refused for that', async () => {
  const world = await assigned()
  await byHand(world, DETACH)
  await byHand(world, { change: 'attachNamespace', pf: second, nsid: 3, cntlid: 2 })
  await rescan(world)
  world.machine.mount((await diskIfAny(world, { nsid: 3 })) ?? '', '/srv')
  const { functionId } = onlyAssignment(world)
  const found = world.machine.snapshot()

  const end = await world.end(await world.workflows.heal(DEMO, functionId))

  expect(refusalsIn(end.error)).toMatchObject([{ check: 'namespace-mounted' }])
  expect(world.machine.snapshot()).toEqual(found)
})

test('nothing is put right while its consumer has it open, and then it is', async () => {
  const world = await assigned()
  const giveBack = world.machine.holdVfioGroup(groupOf(world, FIRST), 'qemu')
  await byHand(world, ATTACH)
  await rescan(world)
  const { functionId } = onlyAssignment(world)

  const meanwhile = await world.end(await world.workflows.heal(DEMO, functionId))
  const state = onlyAssignment(world).state
  giveBack()
  await done(world, world.workflows.heal(DEMO, functionId))

  expect(refusalsIn(meanwhile.error)).toMatchObject([{ check: 'group-held' }])
  expect(state).toBe('ready')
  expect(attachments(world)).toMatchObject({ 3: [1], 4: [], 5: [1] })
})

test('a namespace that is moved to the assigned controller goes from it, and at the release back to where it was', async () => {
  const world = await directWorld(dualController(NAMESPACES))
  onTestFinished(() => world.stop())
  const found = attachments(world)
  await done(world, assignFirst(world, ASKED))
  await byHand(world, { change: 'detachNamespace', pf: second, nsid: 6, cntlid: 2 })
  await byHand(world, { change: 'attachNamespace', pf: second, nsid: 6, cntlid: 1 })
  await rescan(world)

  await done(world, world.workflows.heal(DEMO, onlyAssignment(world).functionId))
  const healedTo = attachments(world)
  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(healedTo).toMatchObject({ 3: [1], 5: [1], 6: [] })
  expect(attachments(world)).toEqual(found)
})

test('of a controller that went with whatever it had, no namespace is drift', async () => {
  const world = await directWorld(dualController(NAMESPACES))
  onTestFinished(() => world.stop())
  const controllerId = controllerAt(world, FIRST).id
  await byHand(world, { change: 'detachNamespace', pf: second, nsid: 1, cntlid: 2 })
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))

  await byHand(world, ATTACH)
  await rescan(world)

  expect(told(world)).toEqual([])
  const trouble = await troubleOf(world.workflows.heal(DEMO, controllerId))
  expect(trouble).toMatchObject({ kind: 'wrong-state', state: 'as-desired' })
})

async function assigned(options: { readonly tends?: boolean } = {}): Promise<World> {
  const world = await directWorld(dualController(NAMESPACES), options)
  onTestFinished(() => world.stop())
  await done(world, assignFirst(world, ASKED))
  await rescan(world)
  return world
}

async function rescan({ inventory, hostId, clock }: World): Promise<void> {
  await inventory.rescan(DEMO, hostId)
  await clock.advance(1_000)
}

async function healed(world: World): Promise<void> {
  for (let rounds = 0; rounds < 200; rounds++) {
    const drift = world.store.read.driftOf(world.hostId)
    if (drift.length === 0 && onlyAssignment(world).state === 'ready') return
    await rescan(world)
  }
  throw new Error('it is never healed')
}

function told({ store }: World): readonly string[] {
  return store.read
    .events(null, 0, 1_000)
    .filter(({ type }) => type.startsWith('controller.drift-'))
    .map(({ type, detail }) => `${type} ${String(detail['kind'])}`)
}

function refusalsIn(error: { readonly detail?: unknown } | null): unknown {
  const { detail } = error ?? {}
  return typeof detail === 'object' && detail !== null && 'refusals' in detail
    ? detail.refusals
    : undefined
}
