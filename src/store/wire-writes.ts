/**
 * Transactions as they cross to the writer's thread: one flat array of texts and numbers for all that are sent at once. A
 * text is copied, where an object would be taken apart here and put together there. What most of an operation's
 * records come to has a form of its own, everything else is JSON.
 */
import type { LogEntry } from '../saga/log.ts'
import type { OperationRecord } from '../saga/operation.ts'
import type { PackedReconcile } from './inventory-writes.ts'
import { packReconcile } from './inventory-writes.ts'
import type { OperationValues } from './operation-columns.ts'
import { operationValues, storedEntry, storedSteps } from './operation-columns.ts'
import type { StoreWrite } from './store.ts'

/** A write as the writer's thread makes it. */
export type WireWrite =
  | Exclude<StoreWrite, { write: 'reconcile' | 'createOperation' | 'logOperation' }>
  | PackedReconcile
  | {
      readonly write: 'insertOperation'
      readonly id: string
      readonly fence: number
      readonly values: OperationValues
      readonly steps: string
    }
  | { readonly write: 'logEntry'; readonly entry: LogEntry }
  | PlainEntry

/** Says nothing but how its steps are: that they go on, how far one is, or that with the last of them all is well. */
export type PlainEntry = {
  readonly id: string
  readonly fence: number
  /** As its row has it. */
  readonly entry: string
} & (
  | { readonly write: 'goOn' | 'tell' }
  | { readonly write: 'succeed'; readonly at: string; readonly leaseUntilMs: number }
)

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
  tell: 6,
} as const

/**
 * Adds a transaction; nothing of it when that fails.
 *
 * @throws TypeError when it holds what JSON cannot say
 */
export function packTransaction(
  wire: Wire,
  id: number,
  writes: readonly StoreWrite[]
): void {
  const { length } = wire
  try {
    wire.push(id, writes.length)
    for (const write of writes) packWrite(wire, write)
  } catch (error) {
    wire.length = length
    throw error
  }
}

function packWrite(wire: Wire, write: StoreWrite): void {
  if (write.write === 'logOperation') packEntry(wire, write.entry)
  else if (write.write === 'createOperation') packOperation(wire, write.operation)
  else if (write.write === 'reconcile')
    wire.push(KIND.packedReconcile, packReconcile(write).rows)
  else wire.push(KIND.json, JSON.stringify(write))
}

function packOperation(wire: Wire, operation: OperationRecord): void {
  const values = operationValues(operation)
  const { id, fence, steps } = operation
  wire.push(KIND.insertOperation, id, fence, ...values, storedSteps(steps))
}

function packEntry(wire: Wire, entry: LogEntry): void {
  const { operationId, fence, at, leaseUntilMs } = entry
  const plain = plainKind(entry)
  const stored = plain && storedEntry(entry)
  if (!plain || !stored) wire.push(KIND.logEntry, JSON.stringify(entry))
  else wire.push(KIND[plain], operationId, fence, stored)
  if (plain === 'succeed') wire.push(at, leaseUntilMs ?? 0)
}

function plainKind(entry: LogEntry): PlainEntry['write'] | undefined {
  const { state, blocked, waitsFor, step, leaseUntilMs } = entry
  if (entry.committed !== undefined || entry.error !== undefined) return undefined
  if (entry.owner !== undefined || entry.cancelRequest !== undefined) return undefined
  if (entry.retry !== undefined || step === undefined) return undefined
  if (state === undefined && blocked === undefined && waitsFor === undefined) {
    if (leaseUntilMs !== undefined) return undefined
    return step.progress === undefined ? 'goOn' : 'tell'
  }
  const isAllWell = state === 'succeeded' && blocked === null && waitsFor?.length === 0
  return isAllWell && leaseUntilMs !== undefined ? 'succeed' : undefined
}
