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
  // By index, and without a function for each step: what those keep would be alive while hardware works.
  for (let index = 0; ; index++) {
    const step = run.steps[index]
    if (step === undefined) return undefined
    if (run.journal.record.steps[index]?.state === 'done') continue
    if (needsLocks(step)) await holdStepLocks(run, index, run.forward)
    for (let failures = 1; ; failures++) {
      const attempt = new StepAttempt(run, index, step)
      try {
        const seen = await attempt.look()
        const done = seen.result === 'done' ? seen : await attempt.untilDone(seen)
        await recordAll(attempt, run, index, done)
        break
      } catch (thrown) {
        const error = await failureOf(attempt, step, thrown)
        if (!isTriedAgain(run, failures)) return failed(run, index, error)
        await waitToTryAgain(run, index, error, failures)
      } finally {
        attempt.reporter.close()
      }
    }
    releaseStepLocks(run)
  }
}

/** @throws what was thrown, when the step has not failed: it is left */
async function failureOf<W>(
  { reporter }: StepAttempt<W>,
  { name }: Step<W>,
  thrown: unknown
): Promise<OperationError> {
  if (leavesStep(thrown)) throw thrown
  await reporter.flush()
  return toOperationError(name, thrown)
}

/** Before the commit step the first failure counts; from it on, the last of those allowed. */
function isTriedAgain<W>({ journal, retry }: OperationRun<W>, failures: number): boolean {
  return journal.record.committed && failures < retry.attempts
}

async function waitToTryAgain<W>(
  run: OperationRun<W>,
  index: number,
  error: OperationError,
  failures: number
): Promise<void> {
  const step = { index, state: 'running', error } as const
  await run.journal.append({ state: 'running', blocked: null, step })
  await run.clock.sleep(delayMs(run.retry, failures), run.forward.signal)
}

/** What it said last of how far it is comes first. */
function recordAll<W>(
  { reporter }: StepAttempt<W>,
  run: OperationRun<W>,
  index: number,
  done: Done<W>
): Promise<void> {
  const said = reporter.flush()
  return said === undefined
    ? recordDone(run, index, done)
    : said.then(() => recordDone(run, index, done))
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
