/** What a log entry makes of an operation's record: the same in memory and on disk. Pure. */
import type { LogEntry, StepEntry } from './log.ts'
import type { OperationRecord, StepRecord } from './operation.ts'

/** The record after the entry. Absent fields stay; a renewed lease alone is no change of the operation. */
export function applyEntry(record: OperationRecord, entry: LogEntry): OperationRecord {
  const { fence, at } = entry
  const { id, workflow, version, params, actor, tenant, createdAt } = record
  // Written out, since it is made for each entry: a copy of all that is there costs several times as much.
  return {
    id,
    workflow,
    version,
    params,
    actor,
    tenant,
    createdAt,
    state: entry.state ?? record.state,
    committed: entry.committed ?? record.committed,
    cancelRequest: entry.cancelRequest ?? record.cancelRequest,
    retried: entry.retry !== undefined || (entry.step === undefined && record.retried),
    error: orStays(entry.error, record.error),
    blocked: orStays(entry.blocked, record.blocked),
    waitsFor: entry.waitsFor ?? record.waitsFor,
    owner: entry.owner ?? record.owner,
    leaseUntilMs: entry.leaseUntilMs ?? record.leaseUntilMs,
    fence,
    steps: applySteps(record.steps, entry),
    updatedAt: isRenewal(entry) ? record.updatedAt : at,
  }
}

/** The entry only keeps the lease from running out. */
export function isRenewal(entry: LogEntry): boolean {
  if (entry.leaseUntilMs === undefined || entry.step !== undefined) return false
  for (const [name, value] of Object.entries(entry))
    if (value !== undefined && !OF_EACH.includes(name)) return false
  return true
}

const OF_EACH = ['operationId', 'fence', 'at', 'leaseUntilMs']

function toBeUndoneAgain(steps: readonly StepRecord[]): readonly StepRecord[] {
  return steps.map((step) =>
    step.state === 'undo-failed' ? { ...step, state: 'undoing' as const } : step
  )
}

/** What an entry says of steps. */
export type StepsEntry = Pick<LogEntry, 'step' | 'next' | 'retry'>

export function applySteps(
  before: readonly StepRecord[],
  { step, next, retry }: StepsEntry
): readonly StepRecord[] {
  const from = retry ? toBeUndoneAgain(before) : before
  if (step === undefined) return from
  const steps = from.slice()
  applyStep(steps, step)
  if (next) applyStep(steps, next)
  return steps
}

function applyStep(steps: StepRecord[], entry: StepEntry): void {
  const before = steps[entry.index]
  if (before === undefined) throw new Error(`no step ${entry.index} in this operation`)
  steps[entry.index] = {
    name: before.name,
    state: entry.state ?? before.state,
    output: orStays(entry.output, before.output),
    error: orStays(entry.error, before.error),
    attempts: entry.attempts ?? before.attempts,
    progress: entry.progress ?? before.progress,
    startedAt: entry.startedAt ?? before.startedAt,
    endedAt: entry.endedAt ?? before.endedAt,
  }
}

/** null is a value: what was there is cleared. */
function orStays<Value>(value: Value | undefined, before: Value): Value {
  return value === undefined ? before : value
}
