/** What the calling thread and the writer say to each other. */
import { Cancelled, NotNow, StaleFence } from '../saga/log.ts'
import type { PersonalRequest } from '../saga/operation.ts'
import type { CommitResult } from './store.ts'
import { IdempotencyTaken } from './store.ts'
import { unwritableCode } from './sqlite-code.ts'
import type { StoreProblem } from './store-error.ts'
import { StoreError } from './store-error.ts'
import type { Wire } from './wire-writes.ts'

/**
 * Transactions in one message, and in one commit, at most. Of a thousand at once those that are durable go on while the next
 * are written: in one group all would wait for the last of them, and be as many at once again.
 */
export const AT_ONCE = 64

export type WriterSettings = { readonly file: string; readonly migrationsFolder: string }

export type WriterRequest =
  { readonly ask: 'commit'; readonly transactions: Wire } | { readonly ask: 'close' }

export type WriterReply =
  | { readonly reply: 'ready' }
  | { readonly reply: 'failed'; readonly error: WireError }
  /** Of one group, in the order of their commits. */
  | { readonly reply: 'committed'; readonly outcomes: readonly (number | WireOutcome)[] }

/** A transaction that is committed and has nothing to tell is its id alone: most are. */
type WireOutcome = { readonly id: number } & (
  | { readonly ok: true; readonly result: CommitResult }
  | { readonly ok: false; readonly error: WireError }
)

/** Errors lose their class on the way between threads, so they travel as data. */
export type WireError =
  | { readonly error: 'stale-fence'; readonly operationId: string }
  | { readonly error: 'cancelled'; readonly request: PersonalRequest }
  | { readonly error: 'not-now'; readonly operationId: string }
  | { readonly error: 'idempotency-taken'; readonly key: string }
  | {
      readonly error: 'store'
      readonly doing: string
      readonly problem: StoreProblem
      readonly causes: readonly string[]
    }

/** @param doing what was being done, for errors that do not say it themselves */
export function toWire(error: unknown, doing: string): WireError {
  if (error instanceof StaleFence) {
    return { error: 'stale-fence', operationId: error.operationId }
  }
  if (error instanceof Cancelled) return { error: 'cancelled', request: error.request }
  if (error instanceof NotNow) return { error: 'not-now', operationId: error.operationId }
  if (error instanceof IdempotencyTaken)
    return { error: 'idempotency-taken', key: error.key }
  if (error instanceof StoreError) {
    const { message, problem, cause } = error
    return { error: 'store', doing: message, problem, causes: messages(cause) }
  }
  const code = unwritableCode(error)
  const problem: StoreProblem =
    code === undefined ? { kind: 'refused' } : { kind: 'unwritable', code }
  return { error: 'store', doing, problem, causes: messages(error) }
}

export function fromWire(wire: WireError): Error {
  switch (wire.error) {
    case 'stale-fence':
      return new StaleFence(wire.operationId)
    case 'cancelled':
      return new Cancelled(wire.request)
    case 'not-now':
      return new NotNow(wire.operationId)
    case 'idempotency-taken':
      return new IdempotencyTaken(wire.key)
    case 'store':
      return new StoreError(wire.doing, wire.problem, chain(wire.causes))
  }
}

function messages(error: unknown): string[] {
  if (error === undefined) return []
  if (!(error instanceof Error)) return [JSON.stringify(error)]
  return [error.message, ...messages(error.cause)]
}

function chain([first, ...rest]: readonly string[]): Error | undefined {
  if (first === undefined) return undefined
  const cause = chain(rest)
  return cause ? new Error(first, { cause }) : new Error(first)
}
