/** The way back: undoes every step that was begun, the failed one first, and goes on when one cannot be undone. */
import { holdStepLocks, releaseStepLocks } from './hold-locks.ts'
import { toOperationError } from './operation-error.ts'
import type { StepRecord } from './operation.ts'
import type { OperationRun } from './operation-run.ts'
import { contextOf, endsRun } from './operation-run.ts'
import { delayMs } from './retry-policy.ts'
import { StepReporter } from './step-progress.ts'
import { untilUnblocked } from './until-unblocked.ts'
import type { OperationError, Step, StepResult } from './workflow.ts'

/** Names of the steps whose undo failed for good; empty: everything is as found. */
export async function goBack<W>(run: OperationRun<W>): Promise<readonly string[]> {
  for (const [index, step] of [...run.steps.entries()].reverse()) {
    if (!isToUndo(run, index)) continue
    await holdStepLocks(run, index, run.leaving)
    await undoStep(run, index, step)
    releaseStepLocks(run)
  }
  releaseStepLocks(run)
  return run.journal.record.steps
    .filter(({ state }) => state === 'undo-failed')
    .map(({ name }) => name)
}

/** The step that a crash or a failure left half-way, if one was. Its locks must be taken before anybody else's. */
export function interruptedStep<W>(
  run: OperationRun<W>,
  back: boolean
): number | undefined {
  const { steps } = run.journal.record
  const index = back
    ? steps.findLastIndex((_, at) => isToUndo(run, at))
    : steps.findIndex(({ state }) => state !== 'done')
  const state = steps[index]?.state
  return state === undefined || state === 'done' || state === 'pending' ? undefined : index
}

const TO_UNDO = {
  pending: false,
  running: true,
  done: true,
  failed: true,
  undoing: true,
  undone: false,
  'undo-failed': false,
} as const satisfies Record<StepRecord['state'], boolean>

function isToUndo<W>(run: OperationRun<W>, index: number): boolean {
  const record = run.journal.record.steps[index]
  if (record === undefined || run.steps[index]?.undo === undefined) return false
  const isBegun = record.attempts > 0 // else its guard refused it
  return isBegun && TO_UNDO[record.state]
}

async function undoStep<W>(
  run: OperationRun<W>,
  index: number,
  step: Step<W>
): Promise<void> {
  for (let failures = 1; ; failures++) {
    const error = await attempt(run, index, step)
    if (error === undefined) return
    if (failures >= run.retry.undoAttempts) {
      await run.journal.append({
        state: 'undoing',
        blocked: null,
        step: { index, state: 'undo-failed', error, endedAt: run.journal.at() },
      })
      return
    }
    await run.clock.sleep(delayMs(run.retry, failures), run.leaving.signal)
  }
}

async function attempt<W>(
  run: OperationRun<W>,
  index: number,
  step: Step<W>
): Promise<OperationError | undefined> {
  run.leaving.throwIfAborted()
  await run.journal.append({
    state: 'undoing',
    waitsFor: [],
    blocked: null,
    step: { index, state: 'undoing' },
  })
  const reporter = new StepReporter(run, index)
  try {
    const look = async (): Promise<StepResult<W>> => {
      const context = contextOf(run, index, true, reporter)
      return (await step.undo?.(context)) ?? { result: 'done' }
    }
    const first = await look()
    const done =
      first.result === 'done' ? first : await untilUnblocked(run, run.leaving, first, look)
    await reporter.flush()
    const undone = { index, state: 'undone', endedAt: run.journal.at() } as const
    await run.journal.append({ state: 'undoing', blocked: null, step: undone }, done.writes)
    return undefined
  } catch (error) {
    if (endsRun(error)) throw error
    return toOperationError(step.name, error)
  } finally {
    reporter.close()
  }
}
