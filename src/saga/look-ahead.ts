/**
 * May the next step begin as this one is done? Then one record tells both. Nothing is waited for: its locks must be free,
 * and are taken before this step lets go of its own; its guard must pass. Whatever speaks against it is found out again,
 * and dealt with, when this step is recorded.
 */
import { needsLocks, releaseStepLocks } from './hold-locks.ts'
import type { LockRequest } from './locks.ts'
import type { StepEntry } from './log.ts'
import { contextOf, type OperationRun } from './operation-run.ts'
import { StepReporter } from './step-progress.ts'
import type { Step, StepContext } from './workflow.ts'

export type Ahead = {
  /** The intent is durable: the step has its locks, and its guard has passed. */
  readonly begins: () => void
  readonly leaves: () => void
}

/** @param done of the step before it, which no record has yet */
export async function lookAhead<W>(
  run: OperationRun<W>,
  done: StepEntry,
  step: Step<W>
): Promise<Ahead | undefined> {
  // Who cancels the operation must be able to come before its commit step.
  if (step.commit || run.forward.aborted) return undefined
  const index = done.index + 1
  const request = run.locks.request(run.id, 'step', step.locks ?? [])
  const isFree = request.waitsFor().length === 0
  if (isFree && (await passes(step, contextAfter(run, done)))) {
    if (!run.forward.aborted) return begun(run, index, request)
  }
  request.release()
  return undefined
}

/** It waits for no lock, nothing is asked before it, and who cancels the operation need not come before it. */
export function beginsAtOnce<W>(step: Step<W> | undefined): boolean {
  return step !== undefined && !step.guard && !step.commit && !needsLocks(step)
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

/** What it says of how far it is counts for nothing: it has not begun. */
function contextAfter<W>(run: OperationRun<W>, done: StepEntry): StepContext {
  const index = done.index + 1
  const silent = new StepReporter(run, index)
  silent.close()
  return contextOf(run.journal.after({ step: done }), index, false, silent)
}
