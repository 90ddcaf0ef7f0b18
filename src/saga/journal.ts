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

/** By the log, with whatever it threw. */
type Refused = { readonly error: unknown }

export type JournalOptions<W> = {
  readonly log: SagaLog<W>
  readonly clock: Clock
  readonly leaseMs: number
  readonly retry: RetryPolicy
  readonly onChange: (record: OperationRecord) => void
}

export class Journal<W> {
  private readonly options: JournalOptions<W>
  private readonly leaving: Leaving
  private current: OperationRecord

  constructor(first: OperationRecord, leaving: Leaving, options: JournalOptions<W>) {
    this.current = first
    this.leaving = leaving
    this.options = options
  }

  get record(): OperationRecord {
    return this.current
  }

  /** What the change would make of it. */
  after(change: Change): OperationRecord {
    return applyEntry(this.current, this.entryOf(change))
  }

  /**
   * Durable when resolved. Alone, it is tried until the log takes it. Further writes may be what the log refuses, or it
   * takes nothing now: so they are tried a second, and last, time when it has taken an entry without them.
   *
   * @throws {StaleFence}, {Cancelled}; the reason to leave; with writes, whatever the log throws
   */
  append(change: Change, writes: readonly W[] = NOTHING): Promise<void> {
    return this.write(change, writes, (error) => this.writeAgain(change, writes, error))
  }

  /** Durable when resolved; tried once. @throws what the log throws */
  appendOnce(change: Change, writes: readonly W[]): Promise<void> {
    return this.write(change, writes)
  }

  /** Keeps the lease. @throws what the log throws */
  renew(): Promise<void> {
    return this.write(RENEWAL, NOTHING)
  }

  /** The time, as records have it. */
  at(): string {
    return isoTime(this.options.clock.nowMs())
  }

  /**
   * Not async: what waits for the disk, and for the hardware after it, is most of what an operation keeps alive.
   *
   * @param onRefused told of what the log throws, in place of whoever waits
   */
  private write(
    change: Change,
    writes: readonly W[],
    onRefused?: (error: unknown) => Promise<void> | void
  ): Promise<void> {
    const before = this.current
    const entry = this.entryOf(change)
    const after = applyEntry(before, entry) // which throws for what must not be written
    return this.options.log.append(entry, writes).then(() => {
      this.current = this.current === before ? after : applyEntry(this.current, entry)
      // No news: of a state that is said again, those who listen would be told again.
      if (change !== RENEWAL) this.options.onChange(this.current)
    }, onRefused)
  }

  private async writeAgain(
    change: Change,
    writes: readonly W[],
    first: unknown
  ): Promise<void> {
    if (writes.length === 0) return this.writeUntilTaken(change, first)
    if (isVerdict(first)) throw first
    await this.append(RENEWAL)
    return this.write(change, writes)
  }

  private async writeUntilTaken(change: Change, first: unknown): Promise<void> {
    const { clock, retry } = this.options
    let refused: Refused | undefined = { error: first }
    for (let failures = 1; refused; failures++) {
      if (isVerdict(refused.error)) throw refused.error
      await clock.sleep(delayMs(retry, failures), this.leaving.signal)
      refused = await this.refusalOf(change)
    }
  }

  /** @returns undefined: it is written */
  private async refusalOf(change: Change): Promise<Refused | undefined> {
    let refused: Refused | undefined
    await this.write(change, NOTHING, (error) => {
      refused = { error }
    })
    return refused
  }

  private entryOf(change: Change): LogEntry {
    return entryOf(this.current, change, this.options.clock.nowMs(), this.options.leaseMs)
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
    leaseUntilMs: goesOn ? undefined : nowMs + leaseMs,
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

/** All that is new are steps, and the lease is kept by renewing it: most entries say no more, and are the cheapest to write. */
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
