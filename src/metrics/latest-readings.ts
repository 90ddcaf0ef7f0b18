/** The last reading of each function, as long as it can be said to be of now. */
import type { Clock } from '../clock.ts'
import { keptReading, type FunctionReading } from '../telemetry/history/intake.ts'

const STALE_AFTER_PERIODS = 3

export class LatestReadings {
  readonly #clock: Clock
  readonly #latest = new Map<
    string,
    { readonly reading: FunctionReading; readonly atMs: number }
  >()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  take(reading: FunctionReading): void {
    this.#latest.set(reading.id, {
      reading: keptReading(reading),
      atMs: this.#clock.nowMs(),
    })
  }

  /** What is older is forgotten. */
  fresh(): readonly FunctionReading[] {
    const nowMs = this.#clock.nowMs()
    for (const [id, { reading, atMs }] of this.#latest) {
      if (nowMs - atMs > STALE_AFTER_PERIODS * reading.periodMs) this.#latest.delete(id)
    }
    return [...this.#latest.values()].map(({ reading }) => reading)
  }
}
