/** One operation's record, in memory and in the log. Every change is durable before anybody is told of it. */
import type { Clock } from '../clock.ts'
import { isoTime } from '../clock.ts'
import { applyEntry } from './apply-entry.ts'
import type { LogEntry, SagaLog } from './log.ts'
import { Cancelled, NotNow, StaleFence } from './log.ts'
import type { OperationRecord } from './operation.ts'
import type { RetryPolicy } from './retry-policy.ts'
import { delayMs } from './retry-policy.ts'

export type Change = Omit<LogEntry, 'operationId' | 'fence' | 'at' | 'leaseUntilMs'>

export interface Journal<W> {
  readonly record: () => OperationRecord
  /**
   * Durable when resolved. Alone, it is tried until the log takes it; with further writes, which may be what the log
   * refuses, it is tried once.
   *
   * @throws {StaleFence}, {Cancelled}; the reason of the signal; with writes, whatever the log throws
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
  readonly signal: AbortSignal
  readonly onChange: (record: OperationRecord) => void
}

export function createJournal<W>(
  first: OperationRecord,
  options: JournalOptions<W>
): Journal<W> {
  const { log, clock, leaseMs, retry, signal, onChange } = options
  let record = first

  const now = () => isoTime(clock.nowMs())
  const entryOf = (change: Change): LogEntry => ({
    ...change,
    operationId: record.id,
    fence: record.fence,
    at: now(),
    leaseUntilMs: clock.nowMs() + leaseMs,
  })

  async function write(change: Change, writes: readonly W[]): Promise<void> {
    const entry = entryOf(change)
    await log.append(entry, writes)
    record = applyEntry(record, entry)
  }

  async function appendOnce(change: Change, writes: readonly W[]): Promise<void> {
    await write(change, writes)
    onChange(record)
  }

  async function append(change: Change, writes: readonly W[] = []): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        return await appendOnce(change, writes)
      } catch (error) {
        if (isVerdict(error) || writes.length > 0) throw error
        await clock.sleep(delayMs(retry, failures), signal)
      }
    }
  }

  return { record: () => record, append, appendOnce, renew: () => write({}, []), now }
}

/** Asking again does not help. */
function isVerdict(error: unknown): boolean {
  return (
    error instanceof StaleFence || error instanceof Cancelled || error instanceof NotNow
  )
}
