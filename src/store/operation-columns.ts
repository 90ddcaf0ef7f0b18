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

/** In the order of `operationValues`. */
export const OPERATION_COLUMNS = [
  'id',
  'workflow',
  'version',
  'params',
  'state',
  'committed',
  'cancelRequest',
  'error',
  'blocked',
  'waitsFor',
  'actor',
  'tenant',
  'owner',
  'leaseUntilMs',
  'fence',
  'createdAt',
  'updatedAt',
] as const satisfies readonly (keyof OperationColumns)[]

export type OperationValues = readonly (string | number | null)[]

/** All but its steps. */
export function operationValues(record: OperationRecord): OperationValues {
  return [
    record.id,
    record.workflow,
    record.version,
    toJson(record.params),
    record.state,
    record.committed ? 1 : 0,
    toJson(record.cancelRequest),
    toJson(record.error),
    toJson(record.blocked),
    JSON.stringify(record.waitsFor),
    record.actor,
    record.tenant,
    record.owner,
    record.leaseUntilMs,
    record.fence,
    record.createdAt,
    record.updatedAt,
  ]
}

/** As `toStep` reads it. Put together by hand, since this is what each record of an operation costs most. */
export function stepText(step: StepRecord): string {
  const { name, state, attempts, output, error, progress, startedAt, endedAt } = step
  let text = `{"name":${quoted(name)},"state":"${state}","attempts":${attempts}`
  if (output !== null) text += `,"output":${JSON.stringify(output)}`
  if (error !== null) text += `,"error":${JSON.stringify(error)}`
  if (progress !== null) text += `,"progress":${JSON.stringify(progress)}`
  if (startedAt !== null) text += `,"startedAt":${quoted(startedAt)}`
  if (endedAt !== null) text += `,"endedAt":${quoted(endedAt)}`
  return `${text}}`
}

/** What needs no escape is quoted as it is: names and times always. */
function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

const PLAIN = /^[\w:.-]*$/

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
