/**
 * A world that steps change in several writes each, and processes that die between any two of them. A process that has
 * died changes nothing any more: its promises never come back.
 */
import fc from 'fast-check'
import type {
  GuardResult,
  Step,
  StepContext,
  StepResult,
  WorkflowDefinition,
} from '../../src/saga/workflow.ts'
import { never } from './memory-log.ts'

/** What one random operation does. */
export type Script = {
  readonly steps: readonly StepScript[]
  /** Index of the commit step; beyond the last: none. */
  readonly commitAt: number
  readonly functionLock: string
}

export type StepScript = {
  /** World writes of the step. */
  readonly writes: number
  readonly lock: string | null
  /** Fails after that many writes. */
  readonly fault: { readonly after: number; readonly times: number } | null
  readonly undoFault: { readonly after: number; readonly times: number } | null
  /** Answers `blocked` that many times, after its first write. */
  readonly blocked: number
  /** Its guard refuses that many times. */
  readonly refused: number
}

const fault = fc.option(
  fc.record({ after: fc.nat({ max: 3 }), times: fc.constantFrom(1, 3, Infinity) }),
  { freq: 2 }
)

const stepScript: fc.Arbitrary<StepScript> = fc.record({
  writes: fc.integer({ min: 1, max: 3 }),
  lock: fc.option(fc.constantFrom('primary:1', 'primary:2')),
  fault,
  undoFault: fc.option(
    fc.record({ after: fc.nat({ max: 3 }), times: fc.constantFrom(1, Infinity) }),
    { freq: 5 }
  ),
  blocked: fc.constantFrom(0, 0, 0, 2),
  refused: fc.constantFrom(0, 0, 0, 0, 1, Infinity),
})

export const script: fc.Arbitrary<Script> = fc.record({
  steps: fc.array(stepScript, { minLength: 1, maxLength: 4 }),
  commitAt: fc.nat({ max: 5 }),
  functionLock: fc.constantFrom('function:1', 'function:2'),
})

export class World {
  /** `operation/step/write` to whether it is as an operation made it; absent: as found. */
  readonly made = new Set<string>()
  readonly faultsLeft = new Map<string, number>()
  /** Undone steps, by operation. */
  readonly undos: string[] = []
  /** `operation/step` of those that were ever run. */
  readonly ran = new Set<string>()
  /** Those that were run without having been guarded just before, by the same process. */
  readonly unguarded: string[] = []
  /** Called at every instant at which a process can die. */
  instant: () => void = () => {}
  /** What has failed of the operation fails no more. */
  mend(operationId: string): void {
    const failed = [...this.faultsLeft.keys()].filter((key) =>
      key.startsWith(`${operationId}/`)
    )
    for (const key of failed) this.faultsLeft.set(key, 0)
  }
  /** Called when a step or its undo begins to change the world. */
  begins: (operationId: string, step: number) => void = () => {}
}

export type Process = {
  dead: boolean
  /** `operation/step` whose guard has passed, and that has not run since. */
  readonly passed: Set<string>
}

/** The workflow of a script, as that process runs it. Every undo is done twice. */
export function scriptedWorkflow(
  world: World,
  name: string,
  { steps, commitAt, functionLock }: Script,
  process: Process
): WorkflowDefinition<string> {
  return {
    name,
    version: 1,
    steps: () =>
      steps.map((step, at) => scriptedStep(world, step, at, at === commitAt, process)),
    locks: () => [functionLock],
    onSucceeded: ({ operationId }) => [`${operationId} succeeded`],
    onUndone: ({ operationId }) => [`${operationId} undone`],
    onStuck: ({ operationId }) => [`${operationId} stuck`],
  }
}

function scriptedStep(
  world: World,
  step: StepScript,
  index: number,
  commit: boolean,
  process: Process
): Step<string> {
  const change = async (id: string, make: boolean): Promise<void> => {
    const kind = make ? 'run' : 'undo'
    const spoiled = make ? step.fault : step.undoFault
    for (let write = 0; write <= step.writes; write++) {
      if (
        spoiled?.after === write &&
        failsNow(world, `${id}/${index}/${kind}`, spoiled.times)
      ) {
        throw new Error(`${kind} of ${index} fails`)
      }
      if (write < step.writes)
        await changeOne(world, process, `${id}/${index}/${write}`, make)
    }
  }

  const guard = async ({ operationId }: StepContext): Promise<GuardResult> => {
    const key = `${operationId}/${index}`
    await instant(world, process)
    if (failsNow(world, `${key}/guard`, step.refused)) throw new Error(`${key} is refused`)
    process.passed.add(key)
    return { result: 'passed' }
  }

  const run = async ({ operationId }: StepContext): Promise<StepResult<string>> => {
    const key = `${operationId}/${index}`
    world.begins(operationId, index)
    if (!process.passed.delete(key)) world.unguarded.push(key)
    world.ran.add(key)
    if (failsNow(world, `${operationId}/${index}/blocked`, step.blocked)) {
      await changeOne(world, process, `${operationId}/${index}/0`, true)
      return { result: 'blocked', report: { index } }
    }
    await change(operationId, true)
    return { result: 'done', output: { index }, writes: [`${operationId}/${index} done`] }
  }

  const undo = async ({ operationId }: StepContext): Promise<StepResult<string>> => {
    world.begins(operationId, index)
    world.undos.push(operationId)
    await change(operationId, false)
    await change(operationId, false)
    return { result: 'done' }
  }

  const locks = step.lock === null ? [] : [step.lock]
  return { name: `step-${index}`, commit, locks, guard, run, undo }
}

async function changeOne(world: World, process: Process, key: string, make: boolean) {
  await instant(world, process)
  if (make) world.made.add(key)
  else world.made.delete(key)
  await instant(world, process)
}

async function instant(world: World, process: Process): Promise<void> {
  if (!process.dead) world.instant()
  if (process.dead) await never()
}

/** The first `times` of that kind fail; the count outlives processes, as a broken drive does. */
function failsNow(world: World, key: string, times: number): boolean {
  const left = world.faultsLeft.get(key) ?? times
  world.faultsLeft.set(key, left - 1)
  return left > 0
}
