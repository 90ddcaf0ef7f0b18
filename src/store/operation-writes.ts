/** The step log, by prepared SQL: the record of an operation with its steps. */
import { admitEntry, needsJudging } from '../saga/admit-entry.ts'
import { applyEntry } from '../saga/apply-entry.ts'
import type { LogEntry } from '../saga/log.ts'
import { StaleFence } from '../saga/log.ts'
import { isTerminal, type OperationRecord } from '../saga/operation.ts'
import type { StoreWrite } from './store.ts'
import {
  entryColumns,
  operationColumns,
  readJudged,
  readOperation,
  stepsColumn,
  type Prepare,
} from './operation-columns.ts'
import type { WriterConnection } from './writer-connection.ts'

type Connection = Pick<WriterConnection, 'prepare' | 'operations'>

const INSERT_OPERATION = `INSERT INTO "Operation" ("id", "workflow", "version", "params", "state", "committed",
  "cancelRequest", "error", "blocked", "waitsFor", "actor", "tenant", "owner", "leaseUntilMs", "fence", "createdAt", "updatedAt", "steps")
  VALUES (@id, @workflow, @version, @params, @state, @committed,
  @cancelRequest, @error, @blocked, @waitsFor, @actor, @tenant, @owner, @leaseUntilMs, @fence, @createdAt, @updatedAt, @steps)`

/** What most entries come to. That it names no other column spares an index. */
const GO_ON = `UPDATE "Operation" SET "steps" = ?, "updatedAt" = ?, "leaseUntilMs" = ? WHERE "id" = ? AND "fence" = ?`

const TAKE_OVER = `UPDATE "Operation" SET "owner" = @owner, "leaseUntilMs" = @leaseUntilMs, "fence" = @fence
  WHERE "id" = @id`

export function createOperation(
  { prepare, operations }: Connection,
  operation: OperationRecord
): void {
  prepare(INSERT_OPERATION).run(operationColumns(operation))
  operations.set(operation.id, operation)
}

/**
 * Only what the entry says is written, and of what is open nothing is read before, where its fence is all that counts:
 * entries are most of what an operation costs.
 *
 * @throws what `admitEntry` throws
 */
export function logOperation(connection: Connection, entry: LogEntry): void {
  const { prepare, operations } = connection
  const { operationId } = entry
  if (needsJudging(entry))
    admitEntry(there(readJudged(prepare, operationId), operationId), entry)
  const before = operations.get(operationId) ?? stored(prepare, operationId)
  const after = applyEntry(before, entry)
  const changes = onlyGoesOn(before, entry)
    ? goOn(prepare, after)
    : writeEntry(prepare, entry, after.steps === before.steps ? null : after.steps)
  if (changes === 0) throw new StaleFence(operationId)
  if (isTerminal(after.state)) operations.delete(operationId)
  else operations.set(operationId, after)
}

/** All that is new is a step, and when. */
function onlyGoesOn(before: OperationRecord, entry: LogEntry): boolean {
  const { fence, step, state, committed, error, blocked, waitsFor } = entry
  return (
    step !== undefined &&
    fence === before.fence &&
    state === before.state &&
    committed === undefined &&
    error === undefined &&
    entry.cancelRequest === undefined &&
    entry.owner === undefined &&
    (blocked === undefined || blocked === before.blocked) &&
    (waitsFor === undefined || (waitsFor.length === 0 && before.waitsFor.length === 0))
  )
}

function goOn(prepare: Prepare, after: OperationRecord): number {
  const { id, fence, steps, updatedAt, leaseUntilMs } = after
  const set = [stepsColumn(steps), updatedAt, leaseUntilMs]
  return prepare(GO_ON).run(...set, id, fence).changes
}

/** @param steps null: they stay, as where only a lease is kept */
function writeEntry(
  prepare: Prepare,
  entry: LogEntry,
  steps: OperationRecord['steps'] | null
): number {
  const { operationId: id, fence } = entry
  const set = { ...entryColumns(entry), ...(steps && { steps: stepsColumn(steps) }) }
  const columns = Object.keys(set).map((column) => `"${column}" = @${column}`)
  const sql = `UPDATE "Operation" SET ${columns.join(', ')} WHERE "id" = @id AND "fence" <= @fence`
  return prepare(sql).run({ ...set, id, fence }).changes
}

/** @returns the new fence, or null when somebody else holds the lease. */
export function takeOverOperation(
  { prepare, operations }: Connection,
  write: Extract<StoreWrite, { write: 'takeOverOperation' }>
): number | null {
  const { id, owner, leaseUntilMs } = write
  const before = stored(prepare, id)
  const isFree = before.owner === owner || before.leaseUntilMs <= write.nowMs
  if (!isFree) return null

  const fence = before.fence + 1
  prepare(TAKE_OVER).run({ id, owner, leaseUntilMs, fence })
  operations.set(id, { ...before, owner, leaseUntilMs, fence })
  return fence
}

function stored(prepare: Prepare, id: string): OperationRecord {
  return there(readOperation(prepare, id), id)
}

function there<Read>(read: Read | undefined, id: string): Read {
  if (read === undefined) throw new Error(`no operation ${id}`)
  return read
}
