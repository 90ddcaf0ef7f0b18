/**
 * Turns one function's raw counters, tick by tick, into frames with rates. Keeps the reading before and the columns of
 * its frames, so that a tick allocates nothing per queue.
 */
import type { HostFrame } from '../host/frame.ts'
import type { WatchedFunction } from './scope.ts'
import {
  isObserved,
  measureInterval,
  sameLife,
  unknownReading,
  type Reading,
} from './reading.ts'
import { RelayedMeter } from './relayed-meter.ts'
import type { FrameColumns } from './telemetry.ts'

export class FunctionMeter {
  readonly #fn: WatchedFunction
  readonly #periodMs: number
  readonly #relayed = new RelayedMeter()
  #before: Reading | undefined
  #sequence = 0

  constructor(fn: WatchedFunction, periodMs: number) {
    this.#fn = fn
    this.#periodMs = periodMs
  }

  /**
   * The frame of the interval that ends now; undefined when none does: at the first reading. An interval in which a life
   * ended and another began has no rates. Its columns are filled anew by the next call.
   */
  read(raw: HostFrame): FrameColumns | undefined {
    if (!isObserved(raw)) {
      this.#before = undefined
      const why = raw.observed.observed ? 'gone' : raw.observed.why
      const interrupts = this.#relayed.read(raw)
      const relayed = interrupts && { interrupts }
      return { ...this.#heading(raw), observed: false, why, ...relayed }
    }
    this.#relayed.forget()
    const before = this.#before
    if (before && sameLife(before, raw)) {
      const seconds = (raw.sourceClockMs - before.clockMs) / 1000
      if (!(seconds > 0)) return undefined
      return { ...this.#heading(raw), ...measureInterval(before, raw, seconds) }
    }
    const begun = unknownReading(raw)
    this.#before = begun
    const interval = measureInterval(begun, raw, NaN)
    return before && { ...this.#heading(raw), ...interval }
  }

  #heading(raw: HostFrame) {
    this.#sequence += 1
    return {
      fn: this.#fn,
      sequence: this.#sequence,
      sourceClockMs: raw.sourceClockMs,
      wallClockMs: raw.wallClockMs,
      periodMs: this.#periodMs,
    }
  }
}
