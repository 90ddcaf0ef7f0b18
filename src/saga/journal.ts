/** One operation's record, in memory and in the log. Every change is durable before anybody is told of it. */
import type { Clock } from '../clock.ts'
import { isoTime } from '../clock.ts'
import { applyEntry } from './apply-entry.ts'
import type { Leaving } from './leaving.ts'
import type { LogEntry, SagaLog } from './log.ts'
import { Cancelled, NotNow, StaleFence } from './log.ts'
import type { OperationRecord } from './operation.ts'
import type { RetryPolicy } from './retry-policy.ts'
import { delayMs } from './retry-policy.ts'

export type Change = Omit<LogEntry, 'operationId' | 'fence' | 'at' | 'leaseUntilMs'>

export interface Journal<W> {
  readonly record: () => OperationRecord
  /** What the change would make of it. */
  readonly after: (change: Change) => OperationRecord
  /**
   * Durable when resolved. Alone, it is tried until the log takes it; with further writes, which may be what the log
   * refuses, it is tried once.
   *
   * @throws {StaleFence}, {Cancelled}; the reason to leave; with writes, whatever the log throws
   */
  readonly append: (change: Change, writes?: readonly W[]) => Promise<void>
  /** Durable when resolved; tried once. @throws what the log throws */
  readonly appendOnce: (change: Change, writes: readonly W[]) => Promise<void>
  /** Keeps the lease. @throws what the log throws */
  readonly renew: () => Promise<void>
  readonly now: () => string
}

export type JournalOptions<W> = {
  readonly log: SagaLog<W>
  readonly clock: Clock
  readonly leaseMs: number
  readonly retry: RetryPolicy
  readonly leaving: Leaving
  readonly onChange: (record: OperationRecord) => void
}

export function createJournal<W>(
  first: OperationRecord,
  options: JournalOptions<W>
): Journal<W> {
  const { log, clock, leaseMs, retry, leaving, onChange } = options
  let record = first
  /** The entry of a step that is not durable yet. */
  let stepping: Promise<unknown> | undefined

  // One function and no layers: most of what an operation costs this thread is waiting for its entries.
  async function write(
    change: Change,
    writes: readonly W[],
    isTriedAgain: boolean
  ): Promise<void> {
    const isOfStep = change.step !== undefined
    for (let failures = 1; ; failures++) {
      // It carries the steps as they are after it, so it comes after the one before.
      while (isOfStep && stepping) await stepping.catch(() => {})
      const before = record
      const entry = entryOf(before, change, clock.nowMs(), leaseMs)
      const after = applyEntry(before, entry)
      const durable = log.append(entry, isOfStep ? after.steps : null, writes)
      if (isOfStep) stepping = durable
      try {
        await durable
        if (isOfStep) stepping = undefined
        record = record === before ? after : applyEntry(record, entry)
        break
      } catch (error) {
        if (isOfStep) stepping = undefined
        if (!isTriedAgain || isVerdict(error) || writes.length > 0) throw error
      }
      await clock.sleep(delayMs(retry, failures), leaving.signal)
    }
    if (change !== RENEWAL) onChange(record)
  }

  return {
    record: () => record,
    after: (change) => applyEntry(record, entryOf(record, change, clock.nowMs(), leaseMs)),
    append: (change, writes = NOTHING) => write(change, writes, true),
    appendOnce: (change, writes) => write(change, writes, false),
    renew: () => write(RENEWAL, NOTHING, false),
    now: () => isoTime(clock.nowMs()),
  }
}

const NOTHING: readonly never[] = []
const RENEWAL: Change = {}

/** Always the same fields, in the same order: what is put together from others costs several times as much to read. */
function entryOf(
  before: OperationRecord,
  change: Change,
  nowMs: number,
  leaseMs: number
): LogEntry {
  const { step, next, committed, error, owner, cancelRequest, retry } = change
  const goesOn = step !== undefined && onlyGoesOn(before, change)
  return {
    operationId: before.id,
    fence: before.fence,
    at: isoTime(nowMs),
    leaseUntilMs: nowMs + leaseMs,
    step,
    next,
    state: goesOn ? undefined : change.state,
    committed,
    error,
    blocked: goesOn ? undefined : change.blocked,
    waitsFor: goesOn ? undefined : change.waitsFor,
    owner,
    cancelRequest,
    retry,
  }
}

/** All that is new are steps: most entries say no more, and are the cheapest to write. */
function onlyGoesOn(before: OperationRecord, change: Change): boolean {
  const { state, blocked, waitsFor } = change
  if (change.committed !== undefined || change.error !== undefined) return false
  if (change.owner !== undefined || change.cancelRequest !== undefined) return false
  return (
    change.retry === undefined &&
    (state === undefined || state === before.state) &&
    (blocked === undefined || blocked === before.blocked) &&
    (waitsFor === undefined || (waitsFor.length === 0 && before.waitsFor.length === 0))
  )
}

/** Asking again does not help. */
function isVerdict(error: unknown): boolean {
  return (
    error instanceof StaleFence || error instanceof Cancelled || error instanceof NotNow
  )
}
