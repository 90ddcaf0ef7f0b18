/** The step log, by prepared SQL: the record of an operation and of its steps. */
import { admitEntry } from '../saga/admit-entry.ts'
import { applyEntry } from '../saga/apply-entry.ts'
import type { LogEntry } from '../saga/log.ts'
import type { OperationRecord, StepRecord } from '../saga/operation.ts'
import type { StoreWrite } from './store.ts'
import { operationColumns, readOperation, stepColumns } from './operation-columns.ts'
import type { WriterConnection } from './writer-connection.ts'

type Prepare = WriterConnection['prepare']

const INSERT_OPERATION = `INSERT INTO "Operation" ("id", "workflow", "version", "params", "state", "committed",
  "cancelRequest", "error", "blocked", "waitsFor", "actor", "tenant", "owner", "leaseUntilMs", "fence", "createdAt", "updatedAt")
  VALUES (@id, @workflow, @version, @params, @state, @committed,
  @cancelRequest, @error, @blocked, @waitsFor, @actor, @tenant, @owner, @leaseUntilMs, @fence, @createdAt, @updatedAt)`

const UPDATE_OPERATION = `UPDATE "Operation" SET "state" = @state, "committed" = @committed,
  "cancelRequest" = @cancelRequest, "error" = @error, "blocked" = @blocked, "waitsFor" = @waitsFor, "owner" = @owner, "leaseUntilMs" = @leaseUntilMs, "fence" = @fence,
  "updatedAt" = @updatedAt WHERE "id" = @id`

const PUT_STEP = `INSERT OR REPLACE INTO "OperationStep" ("operationId", "index", "name", "state", "output", "error",
  "attempts", "progress", "startedAt", "endedAt")
  VALUES (@operationId, @index, @name, @state, @output, @error, @attempts, @progress, @startedAt, @endedAt)`

export function createOperation(prepare: Prepare, operation: OperationRecord): void {
  prepare(INSERT_OPERATION).run(operationColumns(operation))
  for (const [index, step] of operation.steps.entries())
    putStep(prepare, operation.id, index, step)
}

/** @throws what `admitEntry` throws */
export function logOperation(prepare: Prepare, entry: LogEntry): void {
  const before = existing(prepare, entry.operationId)
  admitEntry(before, entry)

  const after = applyEntry(before, entry)
  updateOperation(prepare, after)
  for (const [index, step] of after.steps.entries())
    if (step !== before.steps[index]) putStep(prepare, after.id, index, step)
}

/** @returns the new fence, or null when somebody else holds the lease. */
export function takeOverOperation(
  prepare: Prepare,
  write: Extract<StoreWrite, { write: 'takeOverOperation' }>
): number | null {
  const before = existing(prepare, write.id)
  const isFree = before.owner === write.owner || before.leaseUntilMs <= write.nowMs
  if (!isFree) return null

  const { owner, leaseUntilMs } = write
  const after = { ...before, owner, leaseUntilMs, fence: before.fence + 1 }
  updateOperation(prepare, after)
  return after.fence
}

function updateOperation(prepare: Prepare, record: OperationRecord): void {
  const {
    id,
    state,
    committed,
    cancelRequest,
    error,
    blocked,
    waitsFor,
    owner,
    leaseUntilMs,
    fence,
    updatedAt,
  } = operationColumns(record)
  prepare(UPDATE_OPERATION).run({
    id,
    state,
    committed,
    cancelRequest,
    error,
    blocked,
    waitsFor,
    owner,
    leaseUntilMs,
    fence,
    updatedAt,
  })
}

function putStep(
  prepare: Prepare,
  operationId: string,
  index: number,
  step: StepRecord
): void {
  prepare(PUT_STEP).run(stepColumns(operationId, index, step))
}

function existing(prepare: Prepare, id: string): OperationRecord {
  const record = readOperation(prepare, id)
  if (record === undefined) throw new Error(`no operation ${id}`)
  return record
}
