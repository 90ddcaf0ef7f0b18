/** The step log, by prepared SQL: the record of an operation and of its steps. */
import { admitEntry, needsJudging } from '../saga/admit-entry.ts'
import type { LogEntry, StepEntry } from '../saga/log.ts'
import { StaleFence } from '../saga/log.ts'
import type { OperationRecord } from '../saga/operation.ts'
import type { StoreWrite } from './store.ts'
import {
  entryColumns,
  entryStepColumns,
  operationColumns,
  readOperation,
  stepColumns,
} from './operation-columns.ts'
import type { WriterConnection } from './writer-connection.ts'

type Prepare = WriterConnection['prepare']

const INSERT_OPERATION = `INSERT INTO "Operation" ("id", "workflow", "version", "params", "state", "committed",
  "cancelRequest", "error", "blocked", "waitsFor", "actor", "tenant", "owner", "leaseUntilMs", "fence", "createdAt", "updatedAt")
  VALUES (@id, @workflow, @version, @params, @state, @committed,
  @cancelRequest, @error, @blocked, @waitsFor, @actor, @tenant, @owner, @leaseUntilMs, @fence, @createdAt, @updatedAt)`

const TAKE_OVER = `UPDATE "Operation" SET "owner" = @owner, "leaseUntilMs" = @leaseUntilMs, "fence" = @fence
  WHERE "id" = @id`

const INSERT_STEP = `INSERT INTO "OperationStep" ("operationId", "index", "name", "state", "output", "error",
  "attempts", "progress", "startedAt", "endedAt")
  VALUES (@operationId, @index, @name, @state, @output, @error, @attempts, @progress, @startedAt, @endedAt)`

const UNDO_AGAIN = `UPDATE "OperationStep" SET "state" = 'undoing'
  WHERE "operationId" = ? AND "state" = 'undo-failed'`

export function createOperation(prepare: Prepare, operation: OperationRecord): void {
  prepare(INSERT_OPERATION).run(operationColumns(operation))
  const insertStep = prepare(INSERT_STEP)
  for (const [index, step] of operation.steps.entries())
    insertStep.run(stepColumns(operation.id, index, step))
}

/**
 * Only what the entry says is written, and nothing is read before where its fence is all that counts: entries are most of
 * what an operation costs.
 *
 * @throws what `admitEntry` throws
 */
export function logOperation(prepare: Prepare, entry: LogEntry): void {
  const { operationId, fence, step, next, retry } = entry
  if (needsJudging(entry)) admitEntry(existing(prepare, operationId), entry)
  const set = entryColumns(entry)
  const { changes } = prepare(
    `UPDATE "Operation" SET ${assignments(set)} WHERE "id" = @id AND "fence" <= @fence`
  ).run({ ...set, id: operationId, fence })
  if (changes === 0) {
    existing(prepare, operationId)
    throw new StaleFence(operationId)
  }
  if (retry) prepare(UNDO_AGAIN).run(operationId)
  if (step) updateStep(prepare, operationId, step)
  if (next) updateStep(prepare, operationId, next)
}

function updateStep(
  prepare: Prepare,
  operationId: string,
  { index, ...fields }: StepEntry
): void {
  const set = entryStepColumns(fields)
  const { changes } = prepare(
    `UPDATE "OperationStep" SET ${assignments(set)} WHERE "operationId" = @operationId AND "index" = @index`
  ).run({ ...set, operationId, index })
  if (changes === 0) throw new Error(`no step ${index} in operation ${operationId}`)
}

function assignments(set: object): string {
  return Object.keys(set)
    .map((column) => `"${column}" = @${column}`)
    .join(', ')
}

/** @returns the new fence, or null when somebody else holds the lease. */
export function takeOverOperation(
  prepare: Prepare,
  write: Extract<StoreWrite, { write: 'takeOverOperation' }>
): number | null {
  const before = existing(prepare, write.id)
  const isFree = before.owner === write.owner || before.leaseUntilMs <= write.nowMs
  if (!isFree) return null

  const { id, owner, leaseUntilMs } = write
  const fence = before.fence + 1
  prepare(TAKE_OVER).run({ id, owner, leaseUntilMs, fence })
  return fence
}

function existing(prepare: Prepare, id: string): OperationRecord {
  const record = readOperation(prepare, id)
  if (record === undefined) throw new Error(`no operation ${id}`)
  return record
}
