/** A function may be watched at several periods, and one reading come to several who look: each interval is to count once. */
import type { FunctionReading } from './intake.ts'

type Seen = { periodMs: number; sequence: number; lastMs: number }

/** So many periods without a reading, and it is no longer watched at that period. */
export const ENDED_AFTER = 3
const FORGET_MS = 10 * 60_000

export class ShortestPeriod {
  readonly #seen = new Map<string, Seen>()

  /** Whether this is the reading to take: of the shortest period that there is, and for the first time. */
  isNew({ id, periodMs, sequence }: FunctionReading, nowMs: number): boolean {
    const seen = this.#seen.get(id)
    if (seen && nowMs - seen.lastMs <= ENDED_AFTER * seen.periodMs) {
      if (periodMs > seen.periodMs) return false
      if (periodMs === seen.periodMs && sequence === seen.sequence) return false
    }
    this.#seen.set(id, { periodMs, sequence, lastMs: nowMs })
    return true
  }

  sweep(nowMs: number): void {
    for (const [id, { lastMs }] of this.#seen) {
      if (lastMs < nowMs - FORGET_MS) this.#seen.delete(id)
    }
  }
}
