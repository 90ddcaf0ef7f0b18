/** The step log, by prepared SQL: the record of an operation with its steps. */
import { admitEntry, needsJudging } from '../saga/admit-entry.ts'
import type { LogEntry } from '../saga/log.ts'
import { StaleFence } from '../saga/log.ts'
import type { StoreWrite } from './store.ts'
import type { Prepare } from './operation-columns.ts'
import {
  entryColumns,
  OPERATION_COLUMNS,
  readJudged,
  readOperation,
} from './operation-columns.ts'
import type { PlainEntry, WireWrite } from './wire-writes.ts'

const INSERT_OPERATION = `INSERT INTO "Operation" (${OPERATION_COLUMNS.map((name) => `"${name}"`).join(', ')}, "steps")
  VALUES (${OPERATION_COLUMNS.map(() => '?').join(', ')}, ?)`

/** What most entries come to. That it names no other column spares an index. */
const GO_ON = `UPDATE "Operation" SET "steps" = ?, "updatedAt" = ?, "leaseUntilMs" = ? WHERE "id" = ? AND "fence" = ?`

/** Unless somebody wants it undone: see {admitEntry}. */
const SUCCEED = `UPDATE "Operation" SET "state" = 'succeeded', "blocked" = NULL, "waitsFor" = '[]', "steps" = ?, "updatedAt" = ?,
  "leaseUntilMs" = ? WHERE "id" = ? AND "fence" = ? AND ("committed" = 1 OR "cancelRequest" IS NULL)`

const TAKE_OVER = `UPDATE "Operation" SET "owner" = @owner, "leaseUntilMs" = @leaseUntilMs, "fence" = @fence
  WHERE "id" = @id`

export function insertOperation(
  prepare: Prepare,
  { values, steps }: Extract<WireWrite, { write: 'insertOperation' }>
): void {
  prepare(INSERT_OPERATION).run(...values, steps)
}

/** Of what is open nothing is read before: these are most of what an operation costs. @throws what `admitEntry` throws */
export function writePlainEntry(prepare: Prepare, entry: PlainEntry): void {
  const { write, id, fence, steps, at, leaseUntilMs } = entry
  const statement = prepare(write === 'goOn' ? GO_ON : SUCCEED)
  if (statement.run(steps, at, leaseUntilMs, id, fence).changes > 0) return
  const state = write === 'goOn' ? {} : ({ state: 'succeeded' } as const)
  admitEntry(judged(prepare, id), { operationId: id, fence, at, ...state })
  throw new StaleFence(id)
}

/**
 * Only what the entry says is written.
 *
 * @throws what `admitEntry` throws
 */
export function logEntry(
  prepare: Prepare,
  { entry, steps }: Extract<WireWrite, { write: 'logEntry' }>
): void {
  if (needsJudging(entry)) admitEntry(judged(prepare, entry.operationId), entry)
  if (writeEntry(prepare, entry, steps) > 0) return
  judged(prepare, entry.operationId)
  throw new StaleFence(entry.operationId)
}

/** @param steps null: they stay, as where only a lease is kept */
function writeEntry(prepare: Prepare, entry: LogEntry, steps: string | null): number {
  const { operationId: id, fence } = entry
  const set = { ...entryColumns(entry), ...(steps !== null && { steps }) }
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
  prepare: Prepare,
  write: Extract<StoreWrite, { write: 'takeOverOperation' }>
): number | null {
  const { id, owner, leaseUntilMs } = write
  const before = there(readOperation(prepare, id), id)
  const isFree = before.owner === owner || before.leaseUntilMs <= write.nowMs
  if (!isFree) return null

  const fence = before.fence + 1
  prepare(TAKE_OVER).run({ id, owner, leaseUntilMs, fence })
  return fence
}

function there<Read>(read: Read | undefined, id: string): Read {
  if (read === undefined) throw new Error(`no operation ${id}`)
  return read
}
