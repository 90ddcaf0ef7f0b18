/** Operations and their steps, from and to columns. */
import type Database from 'better-sqlite3'
import { isRenewal } from '../saga/apply-entry.ts'
import type { LogEntry, StepEntry } from '../saga/log.ts'
import type {
  OperationRecord,
  OperationState,
  PersonalRequest,
  StepRecord,
  StepState,
} from '../saga/operation.ts'
import type { Json, OperationError, StepProgress } from '../saga/workflow.ts'
import { fromJson, fromJsonText, toJson } from './json-column.ts'

export type Prepare = (sql: string) => Database.Statement

export type OperationColumns = {
  readonly id: string
  readonly workflow: string
  readonly version: number
  readonly params: string | null
  readonly state: OperationState
  readonly committed: 0 | 1
  readonly cancelRequest: string | null
  readonly error: string | null
  readonly blocked: string | null
  readonly waitsFor: string
  readonly actor: string
  readonly tenant: string
  readonly owner: string | null
  readonly leaseUntilMs: number
  readonly fence: number
  readonly createdAt: string
  readonly updatedAt: string
}

type StepColumns = {
  readonly operationId: string
  readonly index: number
  readonly name: string
  readonly state: StepState
  readonly output: string | null
  readonly error: string | null
  readonly attempts: number
  readonly progress: string | null
  readonly startedAt: string | null
  readonly endedAt: string | null
}

const SELECT_OPERATION = 'SELECT * FROM "Operation" WHERE "id" = ?'
const SELECT_STEPS =
  'SELECT * FROM "OperationStep" WHERE "operationId" = ? ORDER BY "index"'

export function readOperation(prepare: Prepare, id: string): OperationRecord | undefined {
  const columns = prepare(SELECT_OPERATION).get(id) as OperationColumns | undefined
  return columns && toOperation(prepare, columns)
}

export function toOperation(prepare: Prepare, columns: OperationColumns): OperationRecord {
  const steps = prepare(SELECT_STEPS).all(columns.id) as StepColumns[]
  return {
    ...columns,
    params: fromJson<Json>(columns.params),
    committed: columns.committed === 1,
    cancelRequest: fromJson<PersonalRequest>(columns.cancelRequest),
    error: fromJson<OperationError>(columns.error),
    blocked: fromJson<Json>(columns.blocked),
    waitsFor: fromJsonText<string[]>(columns.waitsFor),
    steps: steps.map(toStep),
  }
}

function toStep({
  operationId: _operation,
  index: _index,
  ...columns
}: StepColumns): StepRecord {
  return {
    ...columns,
    output: fromJson<Json>(columns.output),
    error: fromJson<OperationError>(columns.error),
    progress: fromJson<StepProgress>(columns.progress),
  }
}

export function operationColumns({
  steps: _steps,
  ...record
}: OperationRecord): OperationColumns {
  return {
    ...record,
    params: toJson(record.params),
    committed: record.committed ? 1 : 0,
    cancelRequest: toJson(record.cancelRequest),
    error: toJson(record.error),
    blocked: toJson(record.blocked),
    waitsFor: JSON.stringify(record.waitsFor),
  }
}

export function stepColumns(
  operationId: string,
  index: number,
  step: StepRecord
): StepColumns {
  return {
    ...step,
    operationId,
    index,
    output: toJson(step.output),
    error: toJson(step.error),
    progress: toJson(step.progress),
  }
}

/** The columns that an entry sets, with the meaning of {applyEntry}: absent fields stay, and renewing a lease is no update. */
export function entryColumns(entry: LogEntry): Partial<OperationColumns> {
  const { fence, at, state, committed, cancelRequest, error, blocked, waitsFor } = entry
  const { owner, leaseUntilMs } = entry
  return {
    fence,
    ...(isRenewal(entry) ? {} : { updatedAt: at }),
    ...(state !== undefined && { state }),
    ...(committed !== undefined && { committed: committed ? 1 : 0 }),
    ...(cancelRequest !== undefined && { cancelRequest: toJson(cancelRequest) }),
    ...(error !== undefined && { error: toJson(error) }),
    ...(blocked !== undefined && { blocked: toJson(blocked) }),
    ...(waitsFor !== undefined && { waitsFor: JSON.stringify(waitsFor) }),
    ...(owner !== undefined && { owner }),
    ...(leaseUntilMs !== undefined && { leaseUntilMs }),
  }
}

export function entryStepColumns(
  fields: Omit<StepEntry, 'index'>
): Partial<StepColumns> {
  const { output, error, progress, ...rest } = fields
  return {
    ...rest,
    ...(progress !== undefined && { progress: toJson(progress) }),
    ...(output !== undefined && { output: toJson(output) }),
    ...(error !== undefined && { error: toJson(error) }),
  }
}
