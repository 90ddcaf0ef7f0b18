/** The step log, by prepared SQL: the record of an operation with its steps. */
import { admitEntry, needsJudging } from '../saga/admit-entry.ts'
import type { LogEntry } from '../saga/log.ts'
import { StaleFence } from '../saga/log.ts'
import type { StoreWrite } from './store.ts'
import type { OperationColumns, Prepare } from './operation-columns.ts'
import {
  entryColumns,
  OPERATION_COLUMNS,
  readJudged,
  storedEntry,
} from './operation-columns.ts'
import type { PlainEntry, WireWrite } from './wire-writes.ts'
import type { WriterConnection } from './writer-connection.ts'

type Writing = Pick<WriterConnection, 'prepare' | 'operations'>

const INSERT_OPERATION = `INSERT INTO "Operation" (${OPERATION_COLUMNS.map((name) => `"${name}"`).join(', ')}, "steps")
  VALUES (${OPERATION_COLUMNS.map(() => '?').join(', ')}, ?)`

/** All that most entries come to: the operation's row stays as it is. */
const ADD_ENTRY = `INSERT INTO "StepEntry" ("operation", "entry") VALUES (?, ?)`

/** Unless somebody wants it undone: see {admitEntry}. */
const SUCCEED = `UPDATE "Operation" SET "state" = 'succeeded', "blocked" = NULL, "waitsFor" = '[]', "updatedAt" = ?, "leaseUntilMs" = ?
  WHERE "number" = ? AND ("committed" = 1 OR "cancelRequest" IS NULL)`

/** Of how far a step is, only the last word is kept: it may say so for hours. */
const FORGET_PROGRESS = `DELETE FROM "StepEntry" WHERE "entry" -> '$.step.progress' IS NOT NULL
  AND "number" = (SELECT max("number") FROM "StepEntry" WHERE "operation" = ?)`

const SELECT_HELD =
  'SELECT "owner", "leaseUntilMs", "fence" FROM "Operation" WHERE "id" = ?'

type Held = Pick<OperationColumns, 'owner' | 'leaseUntilMs' | 'fence'>

const TAKE_OVER = `UPDATE "Operation" SET "owner" = @owner, "leaseUntilMs" = @leaseUntilMs, "fence" = @fence
  WHERE "id" = @id`

export function insertOperation(
  { prepare, operations }: Writing,
  { id, fence, values, steps }: Extract<WireWrite, { write: 'insertOperation' }>
): void {
  const { lastInsertRowid } = prepare(INSERT_OPERATION).run(...values, steps)
  operations.add(id, { number: Number(lastInsertRowid), fence }) // a number already: see `prepare`
}

/** These are most of what an operation costs: what they are held against is known. @throws what `admitEntry` throws */
export function writePlainEntry(writing: Writing, plain: PlainEntry): void {
  const { prepare, operations } = writing
  const { write, id, entry } = plain
  const { number, fence } = there(operations.of(id), id)
  if (fence !== plain.fence) throw new StaleFence(id)
  if (write === 'tell') prepare(FORGET_PROGRESS).run(number)
  if (write === 'succeed') succeed(writing, number, plain)
  prepare(ADD_ENTRY).run(number, entry)
}

function succeed(
  { prepare, operations }: Writing,
  number: number,
  { id, fence, at, leaseUntilMs }: Extract<PlainEntry, { write: 'succeed' }>
): void {
  operations.forget(id)
  if (prepare(SUCCEED).run(at, leaseUntilMs, number).changes > 0) return
  admitEntry(judged(prepare, id), { fence, state: 'succeeded' })
}

/**
 * Only what the entry says is written.
 *
 * @throws what `admitEntry` throws
 */
export function logEntry({ prepare, operations }: Writing, entry: LogEntry): void {
  const { operationId: id } = entry
  if (needsJudging(entry)) admitEntry(judged(prepare, id), entry)
  if (writeEntry(prepare, entry) === 0) {
    judged(prepare, id)
    throw new StaleFence(id)
  }
  const stored = storedEntry(entry)
  if (stored !== null) prepare(ADD_ENTRY).run(there(operations.of(id), id).number, stored)
  operations.forget(id)
}

function writeEntry(prepare: Prepare, entry: LogEntry): number {
  const { operationId: id, fence } = entry
  const set = entryColumns(entry)
  const columns = Object.keys(set).map((column) => `"${column}" = @${column}`)
  const sql = `UPDATE "Operation" SET ${columns.join(', ')} WHERE "id" = @id AND "fence" <= @fence`
  return prepare(sql).run({ ...set, id, fence }).changes
}

/** @throws Error when there is no such operation */
function judged(prepare: Prepare, id: string) {
  return there(readJudged(prepare, id), id)
}

/** @returns the new fence, or null when somebody else holds the lease. */
export function takeOverOperation(
  { prepare, operations }: Writing,
  write: Extract<StoreWrite, { write: 'takeOverOperation' }>
): number | null {
  const { id, owner, leaseUntilMs } = write
  const before = there(prepare(SELECT_HELD).get(id) as Held | undefined, id)
  const isFree = before.owner === owner || before.leaseUntilMs <= write.nowMs
  if (!isFree) return null

  const fence = before.fence + 1
  operations.forget(id)
  prepare(TAKE_OVER).run({ id, owner, leaseUntilMs, fence })
  return fence
}

function there<Read>(read: Read | undefined, id: string): Read {
  if (read === undefined) throw new Error(`no operation ${id}`)
  return read
}
