/**
 * May the next step begin as this one is done? Then one record tells both. Nothing is waited for: its locks must be free,
 * and are taken before this step lets go of its own; its guard must pass. Whatever speaks against it is found out again,
 * and dealt with, when this step is recorded.
 */
import type { LockRequest } from './locks.ts'
import { releaseStepLocks } from './hold-locks.ts'
import { contextOf, type OperationRun } from './operation-run.ts'
import type { Json, Step, StepContext } from './workflow.ts'

export type Ahead = {
  /** The intent is durable: the step has its locks, and its guard has passed. */
  readonly begins: () => void
  readonly leaves: () => void
}

/** @param output of the step before it, which no record has yet */
export async function lookAhead<W>(
  run: OperationRun<W>,
  index: number,
  output: Json
): Promise<Ahead | undefined> {
  const step = run.steps[index]
  // Who cancels the operation must be able to come before its commit step.
  if (step === undefined || step.commit || run.forward.aborted) return undefined
  const request = run.locks.request(run.id, 'step', step.locks ?? [])
  const isFree = request.waitsFor().length === 0
  if (isFree && (await passes(step, contextAfter(run, index, output)))) {
    if (!run.forward.aborted) return begun(run, index, request)
  }
  request.release()
  return undefined
}

/** It waits for no lock, nothing is asked before it, and who cancels the operation need not come before it. */
export function beginsAtOnce<W>(step: Step<W> | undefined): boolean {
  if (step === undefined || step.guard || step.commit) return false
  return step.locks === undefined || step.locks.length === 0
}

function begun<W>(run: OperationRun<W>, index: number, request: LockRequest): Ahead {
  return {
    begins: () => {
      releaseStepLocks(run)
      run.stepLocks = { index, request }
      run.intended = index
    },
    leaves: request.release,
  }
}

async function passes<W>({ guard }: Step<W>, context: StepContext): Promise<boolean> {
  try {
    return (await guard?.(context))?.result !== 'blocked'
  } catch {
    return false
  }
}

function contextAfter<W>(run: OperationRun<W>, index: number, output: Json): StepContext {
  const context = contextOf(run, index, false, () => {})
  const before = run.steps[index - 1]?.name ?? ''
  return { ...context, outputs: { ...context.outputs, [before]: output } }
}
