/** What a log entry makes of an operation's record: the same in memory and on disk. Pure. */
import type { LogEntry, StepEntry } from './log.ts'
import type { OperationRecord, StepRecord } from './operation.ts'

/** The record after the entry. Absent fields stay; a renewed lease alone is no change of the operation. */
export function applyEntry(record: OperationRecord, entry: LogEntry): OperationRecord {
  const { fence, at, step, next, retry } = entry
  const before = retry ? toBeUndoneAgain(record.steps) : record.steps
  const steps = step ? applyStep(before, step) : before
  return {
    ...record,
    state: entry.state ?? record.state,
    committed: entry.committed ?? record.committed,
    cancelRequest: entry.cancelRequest ?? record.cancelRequest,
    error: orStays(entry.error, record.error),
    blocked: orStays(entry.blocked, record.blocked),
    waitsFor: entry.waitsFor ?? record.waitsFor,
    owner: entry.owner ?? record.owner,
    leaseUntilMs: entry.leaseUntilMs ?? record.leaseUntilMs,
    fence,
    steps: next ? applyStep(steps, next) : steps,
    updatedAt: isRenewal(entry) ? record.updatedAt : at,
  }
}

/** The entry only keeps the lease from running out. */
export function isRenewal(entry: LogEntry): boolean {
  const { operationId: _id, fence: _fence, at: _at, leaseUntilMs, ...others } = entry
  if (leaseUntilMs === undefined) return false
  for (const value of Object.values(others)) if (value !== undefined) return false
  return true
}

function toBeUndoneAgain(steps: readonly StepRecord[]): readonly StepRecord[] {
  return steps.map((step) =>
    step.state === 'undo-failed' ? { ...step, state: 'undoing' as const } : step
  )
}

function applyStep(
  steps: readonly StepRecord[],
  entry: StepEntry
): readonly StepRecord[] {
  const before = steps[entry.index]
  if (before === undefined) throw new Error(`no step ${entry.index} in this operation`)
  return steps.with(entry.index, {
    name: before.name,
    state: entry.state ?? before.state,
    output: orStays(entry.output, before.output),
    error: orStays(entry.error, before.error),
    attempts: entry.attempts ?? before.attempts,
    progress: entry.progress ?? before.progress,
    startedAt: entry.startedAt ?? before.startedAt,
    endedAt: entry.endedAt ?? before.endedAt,
  })
}

/** null is a value: what was there is cleared. */
function orStays<Value>(value: Value | undefined, before: Value): Value {
  return value === undefined ? before : value
}
