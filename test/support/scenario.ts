/** A workflow in one of the ways in which it differs, and a world in which it can begin. */
import type { Json, Step, WorkflowDefinition } from '../../src/saga/workflow.ts'
import type { Store, StoreWrite } from '../../src/store/store.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { makeWorld, type World, type WorldOptions } from '../workflows/world.ts'

export type Scenario = {
  readonly description?: WorldOptions['description']
  /** Brings the machine to where the workflow begins; nothing fails yet. */
  readonly prepare?: (world: World) => Promise<void>
  readonly start: (world: World) => Promise<OperationView>
  /** This step is refused, so that everything is undone. */
  readonly failsIn?: string
  /** Its undo makes the same command again, so that one that fails for good fails there too. */
  readonly undoRepeats?: string
  /** What must be true of the rows, besides the machine, at the goal and when everything is undone. */
  readonly atGoal?: (world: World) => void
  readonly asFound?: (world: World) => void
  /** And when it got to neither. A workflow that cannot get stuck needs none. */
  readonly quarantined?: (world: World, end: OperationView) => void
}

export type ScenarioWorldOptions = Pick<WorldOptions, 'kernel'> & {
  /** What the first undo would have recorded is lost, as if the process had died just then. */
  readonly undoneTwice?: boolean
}

/** Prepared; from now on the scenario's step fails, for every service on this machine. */
export async function scenarioWorld(
  { description, prepare, failsIn }: Scenario,
  store: Store,
  { kernel, undoneTwice = false }: ScenarioWorldOptions = {}
): Promise<World> {
  let isPrepared = false
  const failing = (step: Step<StoreWrite>) =>
    isPrepared && step.name === failsIn ? { ...step, guard: failsAlways } : step
  const repeated = undoneTwice ? withUndoTwice : (step: Step<StoreWrite>) => step
  const adapt = (workflow: WorkflowDefinition<StoreWrite>) => ({
    ...workflow,
    steps: (params: Json) => workflow.steps(params).map(repeated).map(failing),
  })
  const world = await makeWorld(store, {
    adapt,
    ...(description && { description }),
    ...(kernel && { kernel }),
  })
  await prepare?.(world)
  isPrepared = true
  return world
}

function failsAlways(): Promise<never> {
  return Promise.reject(new Error('made to fail'))
}

function withUndoTwice(step: Step<StoreWrite>): Step<StoreWrite> {
  const { undo } = step
  if (!undo) return step
  return {
    ...step,
    undo: async (context) => {
      const first = await undo(context)
      return first.result === 'blocked' ? first : undo(context)
    },
  }
}
