/**
 * Transactions as they cross to the writer's thread: one flat array of texts and numbers for all that are sent at once. A
 * text is copied, where an object would be taken apart here and put together there. What most of an operation's
 * records come to has a form of its own, everything else is JSON.
 */
import type { LogEntry } from '../saga/log.ts'
import type { OperationRecord } from '../saga/operation.ts'
import { isTerminal } from '../saga/operation.ts'
import type { PackedReconcile } from './inventory-writes.ts'
import { packReconcile } from './inventory-writes.ts'
import type { OperationValues } from './operation-columns.ts'
import { operationValues } from './operation-columns.ts'
import { STEPS, type SentSteps } from './sent-steps.ts'
import type { StoreWrite } from './store.ts'

/** A write as the writer's thread makes it. */
export type WireWrite =
  | Exclude<StoreWrite, { write: 'reconcile' | 'createOperation' | 'logOperation' }>
  | PackedReconcile
  | {
      readonly write: 'insertOperation'
      readonly values: OperationValues
      readonly steps: string
    }
  | { readonly write: 'logEntry'; readonly entry: LogEntry; readonly steps: string | null }
  | PlainEntry

/** An entry that says nothing but how far its steps are, or that with the last of them all is well. */
export type PlainEntry = {
  readonly write: 'goOn' | 'succeed'
  readonly id: string
  readonly fence: number
  readonly steps: string
  readonly at: string
  readonly leaseUntilMs: number
}

export type WireTransaction = { readonly id: number; readonly writes: readonly WireWrite[] }

export type WireValue = string | number | null
/** Of each transaction: its id, how many writes it has, and of each its kind and what that kind says. */
export type Wire = WireValue[]

export const KIND = {
  goOn: 0,
  succeed: 1,
  logEntry: 2,
  insertOperation: 3,
  packedReconcile: 4,
  json: 5,
} as const

/**
 * Adds a transaction; nothing of it when that fails.
 *
 * @throws TypeError when it holds what JSON cannot say
 */
export function packTransaction(
  wire: Wire,
  id: number,
  writes: readonly StoreWrite[],
  sent: SentSteps
): void {
  const { length } = wire
  try {
    wire.push(id, writes.length)
    for (const write of writes) packWrite(wire, write, sent)
  } catch (error) {
    wire.length = length
    forgetSteps(sent, writes)
    throw error
  }
}

/** The writer has not written these: what it was sent of their operations' steps counts for nothing. */
export function forgetSteps(sent: SentSteps, writes: readonly StoreWrite[]): void {
  for (const id of operationsOf(writes)) sent.forget(id)
}

/** Of which steps are sent. */
export function operationsOf(writes: readonly StoreWrite[]): readonly string[] {
  return writes.flatMap((write) => {
    if (write.write === 'logOperation') return [write.entry.operationId]
    return write.write === 'createOperation' ? [write.operation.id] : []
  })
}

function packWrite(wire: Wire, write: StoreWrite, sent: SentSteps): void {
  if (write.write === 'logOperation') packEntry(wire, write, sent)
  else if (write.write === 'createOperation') packOperation(wire, write.operation, sent)
  else if (write.write === 'reconcile')
    wire.push(KIND.packedReconcile, packReconcile(write).rows)
  else wire.push(KIND.json, JSON.stringify(write))
}

function packOperation(wire: Wire, operation: OperationRecord, sent: SentSteps): void {
  wire.push(KIND.insertOperation, ...operationValues(operation))
  sent.forget(operation.id)
  sent.add(wire, operation.id, operation.steps)
}

function packEntry(
  wire: Wire,
  { entry, steps }: Extract<StoreWrite, { write: 'logOperation' }>,
  sent: SentSteps
): void {
  const { operationId, fence, at, leaseUntilMs } = entry
  const plain = steps === null ? undefined : plainKind(entry)
  if (plain === undefined || leaseUntilMs === undefined)
    wire.push(KIND.logEntry, JSON.stringify(entry))
  else wire.push(KIND[plain], operationId, fence, at, leaseUntilMs)
  if (steps === null) wire.push(STEPS.stay)
  else sent.add(wire, operationId, steps)
  if (entry.state !== undefined && isTerminal(entry.state)) sent.forget(operationId)
}

function plainKind(entry: LogEntry): PlainEntry['write'] | undefined {
  const { state, blocked, waitsFor } = entry
  if (entry.committed !== undefined || entry.error !== undefined) return undefined
  if (entry.owner !== undefined || entry.cancelRequest !== undefined) return undefined
  if (entry.retry !== undefined) return undefined
  if (state === undefined && blocked === undefined && waitsFor === undefined) return 'goOn'
  const isAllWell = state === 'succeeded' && blocked === null && waitsFor?.length === 0
  return isAllWell ? 'succeed' : undefined
}
