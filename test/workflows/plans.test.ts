/** What a plan names is what is then written, there and back; and making one touches nothing. */
import { describe, expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { firstUnnamed } from '../support/named-writes.ts'
import type { Scenario } from '../support/scenario.ts'
import {
  askedIn,
  forwardOf,
  thereAndBack,
  worldOf,
  writesIn,
  type PlanWorld,
} from './planned.ts'
import { LOGICAL } from './logical-scenarios.ts'
import { PLANNED_TOO } from './plan-scenarios.ts'
import { PRIMARIES } from './primary-scenarios.ts'
import { ASSIGNMENTS, RESTORED, VIRTUAL_FUNCTIONS } from './scenarios.ts'

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ...VIRTUAL_FUNCTIONS,
  ...ASSIGNMENTS,
  ...RESTORED,
  ...PRIMARIES,
  ...PLANNED_TOO,
  ...LOGICAL,
}

describe.for(Object.entries(SCENARIOS))('%s', ([, scenario]) => {
  test('writes what its plan names, in order', async () => {
    const world = await worldOf(scenario)
    const { plan, asked } = await planOf(world, scenario)

    const from = world.machine.transcript.length
    const end = await world.end(await world.workflows.runPlan(DEMO, asked, plan.id))
    await world.stop()

    expect(end).toMatchObject({ id: plan.id, state: 'succeeded' })
    scenario.atGoal?.(world)
    const written = writesIn(world.machine.transcript.slice(from))
    expect(firstUnnamed(forwardOf(plan), written)).toBeUndefined()
    expect(written.length).toBeGreaterThan(0)
  })

  test('undoes what its plan names, in order', async () => {
    const world = await worldOf(scenario)
    const { plan, asked } = await planOf(world, scenario)
    const failing = (plan.steps.find(({ commit }) => commit) ?? plan.steps.at(-1))?.name
    if (failing === undefined) throw new Error('a plan without steps')

    world.failIn(failing)
    const from = world.machine.transcript.length
    const end = await world.end(await world.workflows.runPlan(DEMO, asked, plan.id))
    await world.stop()

    expect(end).toMatchObject({ state: 'undone', error: { step: failing } })
    const written = writesIn(world.machine.transcript.slice(from))
    expect(firstUnnamed(thereAndBack(plan, failing), written)).toBeUndefined()
  })
})

/** And nothing was touched. */
async function planOf(world: PlanWorld, scenario: Scenario) {
  const { store, machine, workflows } = world
  const asked = await askedIn(world, scenario)
  const rows = () => [
    store.read.lastEventNumber(),
    store.read.operations({ tenant: null }, { after: null, limit: 500 }).items.length,
    store.read.inventoryOf(world.hostId),
  ]
  const [before, calls] = [rows(), machine.transcript.length]
  const plan = await workflows.plan(DEMO, asked)
  expect(machine.transcript).toHaveLength(calls)
  expect(rows()).toEqual(before)
  expect(plan.refusals).toEqual([])
  return { plan, asked }
}
