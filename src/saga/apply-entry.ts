/** What a log entry makes of an operation's record: the same in memory and on disk. Pure. */
import type { LogEntry } from './log.ts'
import type { OperationRecord, StepRecord } from './operation.ts'

/** The record after the entry. Absent fields stay; a renewed lease alone is no change of the operation. */
export function applyEntry(record: OperationRecord, entry: LogEntry): OperationRecord {
  const { operationId: _, fence, at, step, retry, ...fields } = entry
  const before = retry ? toBeUndoneAgain(record.steps) : record.steps
  return {
    ...record,
    ...present(fields),
    fence,
    steps: step ? applyStep(before, step) : before,
    updatedAt: isRenewal(entry) ? record.updatedAt : at,
  }
}

/** The entry only keeps the lease from running out. */
export function isRenewal(entry: LogEntry): boolean {
  const { operationId: _id, fence: _fence, at: _at, leaseUntilMs, ...rest } = entry
  return (
    leaseUntilMs !== undefined && Object.values(rest).every((value) => value === undefined)
  )
}

function toBeUndoneAgain(steps: readonly StepRecord[]): readonly StepRecord[] {
  return steps.map((step) =>
    step.state === 'undo-failed' ? { ...step, state: 'undoing' as const } : step
  )
}

function applyStep(
  steps: readonly StepRecord[],
  entry: NonNullable<LogEntry['step']>
): readonly StepRecord[] {
  const { index, ...fields } = entry
  const before = steps[index]
  if (before === undefined) throw new Error(`no step ${index} in this operation`)
  return steps.with(index, { ...before, ...present(fields) })
}

function present<T extends object>(fields: T): T {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as T // the same fields, without those that say nothing
}
