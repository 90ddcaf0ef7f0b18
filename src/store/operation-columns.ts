/** Operations with their steps, from and to columns. */
import type Database from 'better-sqlite3'
import { applySteps, isRenewal, type StepsEntry } from '../saga/apply-entry.ts'
import { NOT_BEGUN } from '../saga/new-operation.ts'
import type { Judged } from '../saga/admit-entry.ts'
import type { LogEntry, StepEntry } from '../saga/log.ts'
import type {
  OperationRecord,
  OperationState,
  PersonalRequest,
  StepRecord,
  StepState,
} from '../saga/operation.ts'
import type { Json, OperationError } from '../saga/workflow.ts'
import { fromJson, fromJsonText, toJson } from './json-column.ts'

export type Prepare = (sql: string) => Database.Statement

export type OperationColumns = {
  readonly id: string
  readonly number: number
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

/** With its entries, by one statement: two might see different commits. */
export type OperationRow = OperationColumns & { readonly entries: string | null }

export const OPERATION_ROW = `*, (SELECT group_concat("entry", ',' ORDER BY "StepEntry"."number") FROM "StepEntry"
  WHERE "operation" = "Operation"."number") AS "entries"`

const SELECT_JUDGED =
  'SELECT "state", "fence", "committed", "cancelRequest" FROM "Operation" WHERE "id" = ?'
const SELECT_OPERATION = `SELECT ${OPERATION_ROW} FROM "Operation" WHERE "id" = ?`

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
  const row = prepare(SELECT_OPERATION).get(id) as OperationRow | undefined
  return row && toOperation(row)
}

export function toOperation({ entries: text, ...columns }: OperationRow): OperationRecord {
  const begun = fromJsonText<StoredStep[]>(columns.steps).map(toStep)
  const entries = text === null ? [] : fromJsonText<StoredEntry[]>(`[${text}]`)
  const { number: _number, ...shown } = columns
  return {
    ...shown,
    params: fromJson<Json>(columns.params),
    committed: columns.committed === 1,
    cancelRequest: fromJson<PersonalRequest>(columns.cancelRequest),
    retried: entries.at(-1)?.retry !== undefined,
    error: fromJson<OperationError>(columns.error),
    blocked: fromJson<Json>(columns.blocked),
    waitsFor: fromJsonText<string[]>(columns.waitsFor),
    updatedAt: latest(columns.updatedAt, entries),
    steps: entries.reduce(applySteps, begun),
  }
}

/** An entry that changes only steps leaves the row as it is. */
function latest(updatedAt: string, entries: readonly StoredEntry[]): string {
  const at = entries.at(-1)?.at ?? updatedAt
  return at > updatedAt ? at : updatedAt
}

type StoredEntry = StepsEntry & Pick<LogEntry, 'at'>

/**
 * What a row says of an entry, of most by hand and in as few pieces as can be: they cost little else, and each piece is one
 * more for the collector of garbage.
 *
 * @returns null: it changes no step
 */
export function storedEntry({ at, step, next, retry }: LogEntry): string | null {
  if (step === undefined && retry === undefined) return null
  const isByHand = step && !retry && isPlain(at, step) && (!next || isPlain(at, next))
  if (!isByHand) return JSON.stringify({ at, step, next, retry })
  const text = withStep('{"at":"' + at + '","step":{"index":', step)
  return (next ? withStep(text + '},"next":{"index":', next) : text) + '}}'
}

/** No time of it needs an escape. Most are the time of the entry itself, and are not looked at again. */
function isPlain(at: string, { startedAt = at, endedAt = at }: StepEntry): boolean {
  if (startedAt !== at && !PLAIN.test(startedAt)) return false
  if (endedAt !== at && !PLAIN.test(endedAt)) return false
  return PLAIN.test(at)
}

/** What JSON quotes as it is. */
const PLAIN = /^[\w:.-]*$/

/** Left open, for what comes after it. */
function withStep(before: string, step: StepEntry): string {
  const { index, state, attempts, output, error, progress, startedAt, endedAt } = step
  let text = before + index
  if (state !== undefined) text += STATE_TEXT[state]
  if (attempts !== undefined) text = text + ',"attempts":' + attempts
  if (output !== undefined) text = text + ',"output":' + JSON.stringify(output)
  if (error === null) text += ',"error":null'
  else if (error !== undefined) text = text + ',"error":' + JSON.stringify(error)
  if (progress !== undefined) text = text + ',"progress":' + JSON.stringify(progress)
  if (startedAt !== undefined) text = text + ',"startedAt":"' + startedAt + '"'
  if (endedAt !== undefined) text = text + ',"endedAt":"' + endedAt + '"'
  return text
}

const STATE_TEXT = {
  pending: ',"state":"pending"',
  running: ',"state":"running"',
  done: ',"state":"done"',
  failed: ',"state":"failed"',
  undoing: ',"state":"undoing"',
  undone: ',"state":"undone"',
  'undo-failed': ',"state":"undo-failed"',
} as const satisfies Record<StepState, string>

/** What has not changed yet is left out. */
type StoredStep = Pick<StepRecord, 'name'> & Partial<StepRecord>

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

/** As they are before any entry, and as `toStep` reads them. */
export function storedSteps(steps: readonly StepRecord[]): string {
  let text = '['
  for (const [index, step] of steps.entries())
    text += (index === 0 ? '' : ',') + storedStep(step)
  return text + ']'
}

function storedStep(step: StepRecord): string {
  const { name } = step
  if (!isToCome(step)) return JSON.stringify(step)
  return PLAIN.test(name) ? '{"name":"' + name + '"}' : JSON.stringify({ name })
}

function isToCome(step: StepRecord): boolean {
  if (step.state !== 'pending' || step.attempts !== 0) return false
  if (step.output !== null || step.error !== null || step.progress !== null) return false
  return step.startedAt === null && step.endedAt === null
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
