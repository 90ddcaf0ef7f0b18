/** Minutes of latency of each function, against what they usually are. */
import { Accumulator } from '../history/accumulator.ts'
import { SHAPES } from '../history/metrics.ts'
import { isUnusual, learned, NO_BASELINE, usualMs, type Baseline } from './baseline.ts'
import type { FindingSubject } from './finder.ts'
import type { Observed } from './held.ts'

const MINUTE_MS = 60_000
const [READS, WRITES, READ_MS, WRITE_MS] = [0, 1, 4, 5] as const // in FUNCTION_METRICS

/** Mean latencies of the minutes of the last day that are known, oldest first; NaN: not observed. */
export type FormerMinutes = (subject: FindingSubject) => Promise<readonly number[]>

export type MinuteSeen = (
  condition: Observed | null,
  detail: Record<string, number>
) => void

type Watched = {
  baseline: Baseline
  readonly minute: Accumulator
  endMs: number
  lastMs: number
}

export class LatencyWatch {
  readonly #former: FormerMinutes
  readonly #functions = new Map<string, Watched>()
  /** One after the other: at a start there are as many as the fleet has. */
  #asking: Promise<void> = Promise.resolve()

  constructor(former: FormerMinutes) {
    this.#former = former
  }

  /** @param seen called when a minute is over */
  take(
    subject: FindingSubject,
    device: Float64Array,
    nowMs: number,
    seen: MinuteSeen
  ): void {
    const watched = this.#functions.get(subject.id) ?? this.#begin(subject, nowMs)
    const spanMs = Math.min(MINUTE_MS, Math.max(1, nowMs - watched.lastMs))
    watched.lastMs = nowMs
    watched.minute.add({ spanMs, mean: device, max: device, latency: null })
    if (nowMs < watched.endMs) return
    watched.endMs = nowMs + MINUTE_MS
    const latencyMs = commandMs(watched.minute.taken(nowMs).mean)
    watched.minute.reset()
    const unusual = isUnusual(watched.baseline, latencyMs)
    // What is unusual does not become the usual.
    if (!unusual?.isSo) watched.baseline = learned(watched.baseline, latencyMs)
    seen(unusual, { latencyMs, usualMs: usualMs(watched.baseline) })
  }

  sweep(nowMs: number): void {
    for (const [id, { lastMs }] of this.#functions) {
      if (nowMs - lastMs > 60 * MINUTE_MS) this.#functions.delete(id)
    }
  }

  /** Resolves when all that was asked of history is known. */
  settled(): Promise<void> {
    return this.#asking
  }

  #begin(subject: FindingSubject, nowMs: number): Watched {
    const minute = new Accumulator(SHAPES.function)
    const watched = {
      baseline: NO_BASELINE,
      minute,
      endMs: nowMs + MINUTE_MS,
      lastMs: nowMs,
    }
    this.#functions.set(subject.id, watched)
    this.#asking = this.#asking
      .then(() => this.#former(subject))
      .then((minutes) => {
        watched.baseline = minutes.reduce(learned, watched.baseline)
      })
      .catch(() => {}) // then the usual is what is seen from now on
    return watched
  }
}

/** Mean over reads and writes; NaN: nothing completed, or not observed. */
export function commandMs(mean: ArrayLike<number>): number {
  let [sum, commands] = [0, 0]
  for (const [rate, latency] of [
    [mean[READS]!, mean[READ_MS]!],
    [mean[WRITES]!, mean[WRITE_MS]!],
  ] as const) {
    if (!(rate > 0)) continue
    sum += rate * latency
    commands += rate
  }
  return sum / commands
}
