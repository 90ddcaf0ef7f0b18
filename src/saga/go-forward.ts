/** The way forward: each step's intent is durable before it runs, its output before the next begins. */
import { holdStepLocks, needsLocks, releaseStepLocks } from './hold-locks.ts'
import { toOperationError } from './operation-error.ts'
import type { OperationRun } from './operation-run.ts'
import { leavesStep } from './operation-run.ts'
import { delayMs } from './retry-policy.ts'
import type { StepEntry } from './log.ts'
import { succeedWith } from './succeed.ts'
import { intentOf, StepAttempt } from './step-attempt.ts'
import type { Done } from './until-unblocked.ts'
import type { OperationError, Step } from './workflow.ts'

/**
 * Runs every step that is not done; an interrupted one again. Stops at the first that fails for good, with that step's
 * locks still held.
 *
 * @throws {Stopped}, {StaleFence}; {Cancelled}, between steps or where one waits
 */
export async function goForward<W>(
  run: OperationRun<W>
): Promise<OperationError | undefined> {
  // By index: what an iterator keeps would be alive as long as the operation is.
  for (let index = 0; ; index++) {
    const step = run.steps[index]
    if (step === undefined) return undefined
    if (run.journal.record.steps[index]?.state === 'done') continue
    if (needsLocks(step)) await holdStepLocks(run, index, run.forward)
    const failure = await attempt(run, index, step)
    const error = failure && (await tryAgain(run, index, step, failure))
    if (error) return error
    releaseStepLocks(run)
  }
}

/** Before the commit step the first failure counts; from it on, the last of those allowed. */
async function tryAgain<W>(
  run: OperationRun<W>,
  index: number,
  step: Step<W>,
  first: OperationError
): Promise<OperationError | undefined> {
  let error: OperationError | undefined = first
  for (let failures = 1; error; failures++) {
    if (!run.journal.record.committed || failures >= run.retry.attempts) {
      return failed(run, index, error)
    }
    await run.journal.append({
      state: 'running',
      blocked: null,
      step: { index, state: 'running', error },
    })
    await run.clock.sleep(delayMs(run.retry, failures), run.forward.signal)
    error = await attempt(run, index, step)
  }
  return undefined
}

async function attempt<W>(
  run: OperationRun<W>,
  index: number,
  step: Step<W>
): Promise<OperationError | undefined> {
  run.forward.throwIfAborted()
  const attempted = new StepAttempt(run, index, step)
  const { reporter } = attempted
  try {
    let done = await attempted.look()
    if (done.result === 'blocked') done = await attempted.untilDone(done)
    const said = reporter.flush()
    if (said) await said
    await recordDone(run, index, done)
    return undefined
  } catch (error) {
    if (leavesStep(error)) throw error
    await reporter.flush()
    return toOperationError(step.name, error)
  } finally {
    reporter.close()
  }
}

/** With it the next step is intended, where nothing stands between the two, or the operation succeeds: each spares a record. */
function recordDone<W>(
  run: OperationRun<W>,
  index: number,
  { output = null, writes }: Done<W>
): Promise<void> {
  const endedAt = run.journal.at()
  const step = { index, state: 'done', output, error: null, endedAt } as const
  const isLast = index + 1 === run.steps.length
  return isLast ? recordLast(run, step, writes) : goOnAfter(run, step, writes)
}

async function recordLast<W>(
  run: OperationRun<W>,
  step: StepEntry,
  writes: readonly W[] | undefined
): Promise<void> {
  if (!(await succeedWith(run, step, writes ?? []))) await goOnAfter(run, step, writes)
}

function goOnAfter<W>(
  run: OperationRun<W>,
  step: StepEntry,
  writes: readonly W[] | undefined
): Promise<void> {
  const next = step.index + 1
  const goesOn = !run.forward.aborted && beginsAtOnce(run.steps[next])
  run.intended = goesOn ? next : undefined // not before this is durable will it be looked at
  return run.journal.append(
    goesOn
      ? { state: 'running', blocked: null, step, next: intentOf(run, next) }
      : { state: 'running', blocked: null, step },
    writes
  )
}

/** It waits for no lock, nothing is asked before it, and who cancels the operation need not come before it. */
export function beginsAtOnce<W>(step: Step<W> | undefined): boolean {
  return step !== undefined && !step.guard && !step.commit && !needsLocks(step)
}

/** Uncommitted, this turns the operation back; committed, it is the end of it, recorded with the end's own writes. */
async function failed<W>(
  run: OperationRun<W>,
  index: number,
  error: OperationError
): Promise<OperationError> {
  const step = { index, state: 'failed', error, endedAt: run.journal.at() } as const
  const { committed } = run.journal.record
  await run.journal.append(
    committed
      ? { state: 'running', blocked: null, step }
      : { state: 'undoing', blocked: null, error, step }
  )
  return error
}
