/** An operation from wherever it stands to its end. */
import { goBack } from './go-back.ts'
import { goForward } from './go-forward.ts'
import { holdOperationLocks, releaseStepLocks } from './hold-locks.ts'
import { toOperationError } from './operation-error.ts'
import { Cancelled } from './log.ts'
import { endContext } from './end-context.ts'
import { unlessLeft } from './leaving.ts'
import type { OperationRecord, OperationState, PersonalRequest } from './operation.ts'
import type { OperationRun } from './operation-run.ts'
import { endsRun, goesBack, hasBegun } from './operation-run.ts'
import { delayMs } from './retry-policy.ts'
import { succeed } from './succeed.ts'
import type { OperationError } from './workflow.ts'

/** What the engine does about operations that it runs. */
export type Conductor<W> = {
  /**
   * Its run threw what it must not: nobody knows what it left, so its locks are held until that is recorded. Never rejects.
   */
  readonly giveUp: (run: OperationRun<W>, error: unknown) => Promise<void>
  readonly over: (run: OperationRun<W>) => void
}

/**
 * Never rejects. Where the engine stops, or somebody else has taken it over, the operation stays open. One function for
 * what most come to: whatever it keeps is alive as long as the operation.
 */
export async function runOperation<W>(
  run: OperationRun<W>,
  conductor: Conductor<W>
): Promise<void> {
  try {
    const held = holdOperationLocks(run)
    if (held) await held
    const error = goesBack(run.journal.record)
      ? undefined
      : ((await goForward(run)) ?? (await succeed(run)))
    if (run.journal.record.state !== 'succeeded') await endOtherwise(run, error)
  } catch (thrown) {
    await leaveForward(run, thrown, conductor)
  } finally {
    releaseStepLocks(run)
    run.operationLocks.release()
    conductor.over(run)
  }
}

/** @param error what it failed of on the way forward */
async function endOtherwise<W>(
  run: OperationRun<W>,
  error: OperationError | undefined
): Promise<void> {
  if (error === undefined || !run.journal.record.committed) {
    await wayBack(run, cancelledBefore(run))
    return
  }
  await lookAgain(run)
  await end(run, 'stuck', error)
}

async function leaveForward<W>(
  run: OperationRun<W>,
  thrown: unknown,
  { giveUp }: Conductor<W>
): Promise<void> {
  try {
    if (!(thrown instanceof Cancelled)) throw thrown
    await wayBack(run, thrown.request)
  } catch (error) {
    if (!endsRun(error)) await giveUp(run, error)
  }
}

/** @param request who cancelled it on the way */
async function wayBack<W>(
  run: OperationRun<W>,
  request: PersonalRequest | null
): Promise<void> {
  if (request) await turnBack(run, request)
  if (goesBack(run.journal.record)) await back(run)
}

/** By a former process, which did not come to turn back. */
function cancelledBefore<W>({ journal }: OperationRun<W>): PersonalRequest | null {
  const { error, cancelRequest, committed } = journal.record
  return error === null && !committed ? cancelRequest : null
}

async function turnBack<W>(
  { journal }: OperationRun<W>,
  { actor, at }: PersonalRequest
): Promise<void> {
  const error = {
    step: nextStep(journal.record),
    message: `cancelled by ${actor}`,
    causes: [],
    detail: { kind: 'cancelled', actor, at },
  }
  await journal.append({ state: 'undoing', error, blocked: null, waitsFor: [] })
}

/** The one that it stopped in, or before. */
function nextStep({ steps }: OperationRecord): string {
  return steps.find(({ state }) => state !== 'done')?.name ?? 'end'
}

async function back<W>(run: OperationRun<W>): Promise<void> {
  const notUndone = await goBack(run)
  await lookAgain(run)
  const { error } = run.journal.record
  if (notUndone.length === 0) await end(run, 'undone', error)
  else await end(run, 'stuck', error && lookAt(error, notUndone))
}

/** Who stops waits for no look: the next process looks at everything first. @throws {Stopped} */
async function lookAgain<W>({
  definition,
  journal,
  leaving,
}: OperationRun<W>): Promise<void> {
  if (!definition.lookAgain || !hasBegun(journal.record)) return
  leaving.throwIfAborted()
  await unlessLeft(definition.lookAgain(journal.record.params), leaving)
}

/** The first failure stays what the operation failed of; the steps themselves say why their undo failed. */
function lookAt(error: OperationError, notUndone: readonly string[]): OperationError {
  return {
    step: error.step,
    message: `look at what these steps left behind, their undo failed: ${notUndone.join(', ')}`,
    causes: [error.message, ...error.causes],
    detail: error.detail,
  }
}

/** The further writes are tried a few times; when the log goes on refusing them, and only them, the end is `stuck` without. */
export async function end<W>(
  run: OperationRun<W>,
  state: Extract<OperationState, 'undone' | 'stuck'>,
  error: OperationError | null
): Promise<void> {
  const { definition, journal, retry } = run
  for (let failures = 1; ; failures++) {
    try {
      const context = endContext(run.journal.record, error, run.journal.at())
      const hook = state === 'undone' ? definition.onUndone : definition.onStuck
      await journal.append(
        { state, error, blocked: null, waitsFor: [] },
        hook?.(context) ?? []
      )
      return
    } catch (thrown) {
      if (endsRun(thrown)) throw thrown
      if (failures >= retry.attempts) {
        const refused = toOperationError('end', thrown)
        await journal.append({
          state: 'stuck',
          error: refused,
          blocked: null,
          waitsFor: [],
        })
        return
      }
      await run.clock.sleep(delayMs(retry, failures), run.leaving.signal)
    }
  }
}
