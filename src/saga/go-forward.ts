/** The way forward: each step's intent is durable before it runs, its output before the next begins. */
import { holdStepLocks, releaseStepLocks } from './hold-locks.ts'
import { toOperationError } from './operation-error.ts'
import type { OperationRun } from './operation-run.ts'
import { contextOf, leavesStep } from './operation-run.ts'
import { delayMs } from './retry-policy.ts'
import type { StepReporter } from './step-progress.ts'
import { createReporter } from './step-progress.ts'
import type { StepEntry } from './log.ts'
import { succeedWith } from './succeed.ts'
import { untilUnblocked, type Done } from './until-unblocked.ts'
import type { OperationError, Step, StepResult } from './workflow.ts'

/**
 * Runs every step that is not done; an interrupted one again. Stops at the first that fails for good, with that step's
 * locks still held.
 *
 * @throws {Stopped}, {StaleFence}; {Cancelled}, between steps or where one waits
 */
export async function goForward<W>(
  run: OperationRun<W>
): Promise<OperationError | undefined> {
  for (const [index, step] of run.steps.entries()) {
    if (run.journal.record().steps[index]?.state === 'done') continue
    await holdStepLocks(run, index, run.forward)
    const error = await runStep(run, index, step)
    if (error) return error
    releaseStepLocks(run)
  }
  return undefined
}

/** Before the commit step the first failure counts; from it on, the last of those allowed. */
async function runStep<W>(
  run: OperationRun<W>,
  index: number,
  step: Step<W>
): Promise<OperationError | undefined> {
  for (let failures = 1; ; failures++) {
    const error = await attempt(run, index, step)
    if (error === undefined) return undefined
    if (!run.journal.record().committed || failures >= run.retry.attempts) {
      return failed(run, index, error)
    }
    await run.journal.append({
      state: 'running',
      blocked: null,
      step: { index, state: 'running', error },
    })
    await run.clock.sleep(delayMs(run.retry, failures), run.forward)
  }
}

async function attempt<W>(
  run: OperationRun<W>,
  index: number,
  step: Step<W>
): Promise<OperationError | undefined> {
  run.forward.throwIfAborted()
  const progress = createReporter(run, index)
  try {
    const work = guardedRun(run, index, step, progress)
    const done = await untilUnblocked(run, run.forward, work)
    await progress.flush()
    await recordDone(run, index, done)
    return undefined
  } catch (error) {
    if (leavesStep(error)) throw error
    await progress.flush()
    return toOperationError(step.name, error)
  } finally {
    progress.close()
  }
}

/**
 * The guard stands next to the run, so that a restart, or hours of waiting for a lock, cannot come between them. Until it
 * has passed the step is not begun: there is nothing of it to undo.
 */
function guardedRun<W>(
  run: OperationRun<W>,
  index: number,
  step: Step<W>,
  progress: StepReporter
): () => Promise<StepResult<W>> {
  let isIntended = false
  return async () => {
    const context = contextOf(run, index, false, progress.report)
    const guarded = await step.guard?.(context)
    if (guarded?.result === 'blocked') return guarded
    if (!isIntended) await intend(run, index, step)
    isIntended = true
    return step.run(context)
  }
}

async function intend<W>(
  run: OperationRun<W>,
  index: number,
  step: Step<W>
): Promise<void> {
  run.forward.throwIfAborted()
  run.blocked = false // by the guard: from here on a stop waits for what is begun
  if (run.intended === index) {
    run.intended = undefined
    return
  }
  await run.journal.append({
    state: 'running',
    waitsFor: [],
    blocked: null,
    ...(step.commit ? { committed: true } : {}),
    step: intentOf(run, index),
  })
}

function intentOf<W>({ journal }: OperationRun<W>, index: number): StepEntry {
  const before = journal.record().steps[index]
  return {
    index,
    state: 'running',
    attempts: (before?.attempts ?? 0) + 1,
    startedAt: before?.startedAt ?? journal.now(),
  }
}

/** With it the next step is intended, where nothing stands between the two, or the operation succeeds: each spares a record. */
async function recordDone<W>(
  run: OperationRun<W>,
  index: number,
  { output = null, writes }: Done<W>
): Promise<void> {
  const { journal } = run
  const step = {
    index,
    state: 'done',
    output,
    error: null,
    endedAt: journal.now(),
  } as const
  const next = index + 1
  if (next === run.steps.length && (await succeedWith(run, step, writes ?? []))) return
  const goesOn = !run.forward.aborted && beginsAtOnce(run.steps[next])
  const change = { state: 'running', blocked: null, step } as const
  await journal.append(goesOn ? { ...change, next: intentOf(run, next) } : change, writes)
  if (goesOn) run.intended = next
}

/** It waits for no lock, nothing is asked before it, and who cancels the operation need not come before it. */
export function beginsAtOnce<W>(step: Step<W> | undefined): boolean {
  if (step === undefined || step.guard || step.commit) return false
  return step.locks === undefined || step.locks.length === 0
}

/** Uncommitted, this turns the operation back; committed, it is the end of it, recorded with the end's own writes. */
async function failed<W>(
  run: OperationRun<W>,
  index: number,
  error: OperationError
): Promise<OperationError> {
  const step = { index, state: 'failed', error, endedAt: run.journal.now() } as const
  const { committed } = run.journal.record()
  await run.journal.append(
    committed
      ? { state: 'running', blocked: null, step }
      : { state: 'undoing', blocked: null, error, step }
  )
  return error
}
