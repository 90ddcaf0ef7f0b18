/** Scenarios whose process is abandoned at a moment: what remains is the database and the machine. */
import { expect } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { MachineSnapshot } from '../../src/emulator/machine.ts'
import { isTerminal } from '../../src/saga/operation.ts'
import type { Store } from '../../src/store/store.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { expectInventoryTold } from '../support/inventory-told.ts'
import {
  mortalProcess,
  type Moment,
  type MortalProcess,
} from '../support/mortal-process.ts'
import { scenarioWorld, type Scenario } from '../support/scenario.ts'
import { memoryStore } from './memory-store.ts'
import type { World } from './world.ts'

/** Both ends of a scenario, and what its process lives through between them. */
export type Life = {
  readonly moments: readonly Moment[]
  readonly found: MachineSnapshot
  readonly goal: MachineSnapshot
}

export async function wholeLife(scenario: Scenario): Promise<Life> {
  const { process, world, found } = await livingFor(scenario, Infinity)
  const operation = await world.end(await scenario.start(world))
  expectEnd(scenario, 'undisturbed', world, operation)
  await world.stop()
  return { moments: process.moments(), found, goal: world.machine.snapshot() }
}

/**
 * It dies at those moments, one process after the other, and the last lives on.
 *
 * @param deaths how many moments each lives for
 * @returns how many of them really died before the end
 */
export async function abandonedRun(
  scenario: Scenario,
  { found, goal }: Life,
  deaths: readonly [number, ...number[]],
  what: string
): Promise<number> {
  const first = await livingFor(scenario, deaths[0])
  const known = new Set(operationsIn(first.store).map(({ id }) => id))
  // Its answer may never come: what it began is in the database.
  void scenario.start(first.world)
  await first.world.clock.advance(0)
  await untilDead(first.world, first.process)
  let died = 1
  for (const lives of deaths.slice(1)) died += await diesAgain(first, lives)

  const next = await first.world.succeededBy(first.store)
  await next.workflows.resume()
  const begun = operationsIn(first.store).filter(({ id }) => !known.has(id))
  expect(begun.length, what).toBe(1) // the first commit is the one that creates it
  for (const operation of begun) {
    const end = await next.end({ id: operation.id })
    expectEnd(scenario, what, next, end)
    expect(next.machine.snapshot(), what).toEqual(end.state === 'succeeded' ? goal : found)
    expectAllTold(first.store, end, what)
  }
  await expectInventoryTold(next, what)
  expectNothingHeld(next, what)
  await next.stop()
  return died
}

async function livingFor(scenario: Scenario, moments: number) {
  const store = memoryStore()
  const process = mortalProcess(store)
  const world = await scenarioWorld(scenario, process.store, { kernel: process.kernel })
  process.livesFor(moments)
  return { store, process, world, found: world.machine.snapshot() }
}

/** One that goes on with what the former left, for so many moments. */
async function diesAgain(
  { store, world }: { readonly store: Store; readonly world: World },
  lives: number
): Promise<number> {
  const process = mortalProcess(store)
  const next = await world.succeededBy(process.store, { kernel: process.kernel })
  process.livesFor(lives)
  void next.workflows.resume()
  await untilDead(next, process)
  return Number(process.isDead())
}

const MOST_MS = 600_000
const STEP_MS = 20

/** Or until nothing more happens that it could die of. */
async function untilDead({ clock, store }: World, process: MortalProcess): Promise<void> {
  for (let ms = 0; ms < MOST_MS && !process.isDead(); ms += STEP_MS) {
    await clock.advance(STEP_MS)
    if (operationsIn(store).every(({ state }) => isTerminal(state))) return
  }
}

function operationsIn({ read }: Store) {
  return read.operations({ tenant: null }, { after: null, limit: 1_000 }).items
}

/** A crash is no failure: what would have got to its goal gets there, and what would have been undone is undone. */
function expectEnd(
  { failsIn, atGoal, asFound }: Scenario,
  what: string,
  world: World,
  { state, error, committed }: OperationView
): void {
  const reason = `${what}: ${JSON.stringify(error)}`
  if (failsIn === undefined) {
    expect(state, reason).toBe('succeeded')
    atGoal?.(world)
    return
  }
  expect({ state, committed }, reason).toEqual({ state: 'undone', committed: false })
  expect(error?.step, reason).toBe(failsIn)
  asFound?.(world)
}

/** Its begin and its end are each told once, whoever died in between. */
function expectAllTold({ read }: Store, { id, state }: OperationView, what: string): void {
  const told = read
    .events(null, 0, 10_000)
    .filter(({ operationId, type }) => operationId === id && type.startsWith('operation.'))
  expect(
    told.map(({ type }) => type),
    what
  ).toEqual(['operation.created', `operation.${state}`])
}

function expectNothingHeld({ store, hostId, workflows }: World, what: string): void {
  const { controllers, virtualFunctions } = store.read.inventoryOf(hostId)
  const held = [...controllers, ...virtualFunctions].filter(
    ({ id }) => workflows.changing(id) !== null
  )
  expect(held, `${what}: held by nobody`).toEqual([])
  const open = workflows.operations(
    DEMO,
    { states: ['waiting', 'running', 'undoing'] },
    {
      after: null,
      limit: 10,
    }
  )
  expect(open.items, `${what}: open`).toEqual([])
}
