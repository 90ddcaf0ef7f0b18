/** Operations with their steps, from and to columns. */
import type Database from 'better-sqlite3'
import { isRenewal } from '../saga/apply-entry.ts'
import { NOT_BEGUN } from '../saga/new-operation.ts'
import type { Judged } from '../saga/admit-entry.ts'
import type { LogEntry } from '../saga/log.ts'
import type {
  OperationRecord,
  OperationState,
  PersonalRequest,
  StepRecord,
} from '../saga/operation.ts'
import type { Json, OperationError } from '../saga/workflow.ts'
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
  readonly steps: string
}

const SELECT_JUDGED =
  'SELECT "state", "fence", "committed", "cancelRequest" FROM "Operation" WHERE "id" = ?'
const SELECT_OPERATION = 'SELECT * FROM "Operation" WHERE "id" = ?'

type JudgedColumns = Pick<
  OperationColumns,
  'state' | 'fence' | 'committed' | 'cancelRequest'
>

/** What `admitEntry` judges by. */
export function readJudged(prepare: Prepare, id: string): Judged | undefined {
  const columns = prepare(SELECT_JUDGED).get(id) as JudgedColumns | undefined
  return (
    columns && {
      id,
      state: columns.state,
      fence: columns.fence,
      committed: columns.committed === 1,
      cancelRequest: fromJson<PersonalRequest>(columns.cancelRequest),
    }
  )
}

export function readOperation(prepare: Prepare, id: string): OperationRecord | undefined {
  const columns = prepare(SELECT_OPERATION).get(id) as OperationColumns | undefined
  return columns && toOperation(columns)
}

export function toOperation(columns: OperationColumns): OperationRecord {
  return {
    ...columns,
    params: fromJson<Json>(columns.params),
    committed: columns.committed === 1,
    cancelRequest: fromJson<PersonalRequest>(columns.cancelRequest),
    error: fromJson<OperationError>(columns.error),
    blocked: fromJson<Json>(columns.blocked),
    waitsFor: fromJsonText<string[]>(columns.waitsFor),
    steps: fromJsonText<StoredStep[]>(columns.steps).map(toStep),
  }
}

/** What is null is left out. */
type StoredStep = Pick<StepRecord, 'name' | 'state' | 'attempts'> & Partial<StepRecord>

function toStep(stored: StoredStep): StepRecord {
  return { ...NOT_BEGUN, ...stored }
}

export function operationColumns(record: OperationRecord): OperationColumns {
  return {
    ...record,
    params: toJson(record.params),
    committed: record.committed ? 1 : 0,
    cancelRequest: toJson(record.cancelRequest),
    error: toJson(record.error),
    blocked: toJson(record.blocked),
    waitsFor: JSON.stringify(record.waitsFor),
    steps: stepsColumn(record.steps),
  }
}

/** As `toStep` reads them. Put together by hand, since this is what each record of an operation costs most. */
export function stepsColumn(steps: readonly StepRecord[]): string {
  return `[${steps.map(textOf).join(',')}]`
}

function textOf(step: StepRecord): string {
  const { name, state, attempts, output, error, progress, startedAt, endedAt } = step
  let text = `{"name":${JSON.stringify(name)},"state":"${state}","attempts":${attempts}`
  if (output !== null) text += `,"output":${JSON.stringify(output)}`
  if (error !== null) text += `,"error":${JSON.stringify(error)}`
  if (progress !== null) text += `,"progress":${JSON.stringify(progress)}`
  if (startedAt !== null) text += `,"startedAt":${JSON.stringify(startedAt)}`
  if (endedAt !== null) text += `,"endedAt":${JSON.stringify(endedAt)}`
  return `${text}}`
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
