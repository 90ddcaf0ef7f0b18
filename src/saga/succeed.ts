/** The good end: with the record of the last step, or after it. */
import { endContext } from './end-context.ts'
import type { Change } from './journal.ts'
import { StaleFence, type StepEntry } from './log.ts'
import { toOperationError } from './operation-error.ts'
import type { OperationRecord } from './operation.ts'
import { leavesStep, type OperationRun } from './operation-run.ts'
import type { OperationError } from './workflow.ts'

const SUCCEEDED = { state: 'succeeded', blocked: null, waitsFor: [] } as const

/** @returns why the writes of the end were refused: then what was done counts for nothing */
export async function succeed<W>(
  run: OperationRun<W>
): Promise<OperationError | undefined> {
  const { journal } = run
  if (journal.record.state === SUCCEEDED.state) return undefined
  try {
    run.forward.throwIfAborted()
    await journal.append(SUCCEEDED, writesOf(run, journal.record))
    return undefined
  } catch (thrown) {
    if (leavesStep(thrown)) throw thrown
    const error = toOperationError('end', thrown)
    if (!journal.record.committed) await journal.append({ state: 'undoing', error })
    return error
  }
}

/**
 * Tries to record the last step and the end as one, which spares a record. Whatever speaks against it (a wish to cancel,
 * rows of the one or the other) is found out again, and dealt with, when they are recorded apart.
 *
 * @param step that it is done
 * @returns whether it is recorded
 * @throws {StaleFence}
 */
export async function succeedWith<W>(
  run: OperationRun<W>,
  step: StepEntry,
  writes: readonly W[]
): Promise<boolean> {
  const { journal, forward } = run
  if (forward.aborted) return false
  const change: Change = { ...SUCCEEDED, step }
  try {
    const own = run.definition.onSucceeded ? writesOf(run, journal.after(change)) : []
    await journal.appendOnce(change, own.length === 0 ? writes : [...writes, ...own])
    return true
  } catch (thrown) {
    if (thrown instanceof StaleFence) throw thrown
    return false
  }
}

function writesOf<W>(
  { definition, journal }: OperationRun<W>,
  record: OperationRecord
): readonly W[] {
  return definition.onSucceeded?.(endContext(record, null, journal.at())) ?? []
}
