/** Intervals of a series as the equal steps that somebody asked for. */
import { Accumulator, type Interval } from './accumulator.ts'
import type { Metric, ShapeColumns } from './metrics.ts'

/** The first step begins at `fromMs`. NaN: not observed. */
export type Steps = {
  readonly fromMs: number
  readonly stepMs: number
  readonly count: number
  readonly metrics: readonly {
    readonly metric: Metric
    readonly mean: Float64Array
    readonly max: Float64Array
  }[]
  /** null: not observed in that step. */
  readonly latency: readonly (Float64Array | Uint32Array | null)[]
}

/**
 * Each interval counts in each step for the part of it that lies there; commands by latency, which cannot be divided, in
 * the step in which it ends.
 */
export function inSteps(
  columns: ShapeColumns,
  intervals: readonly Interval[],
  { fromMs, toMs, stepMs }: { fromMs: number; toMs: number; stepMs: number }
): Steps {
  const count = Math.max(0, Math.ceil((toMs - fromMs) / stepMs))
  const steps = Array.from({ length: count }, () => new Accumulator(columns))
  for (const interval of intervals) {
    const beginMs = interval.toMs - interval.spanMs
    const first = Math.max(0, Math.floor((beginMs - fromMs) / stepMs))
    const last = Math.min(count - 1, Math.ceil((interval.toMs - fromMs) / stepMs) - 1)
    for (let step = first; step <= last; step++) {
      const from = fromMs + step * stepMs
      const overlap = Math.min(interval.toMs, from + stepMs) - Math.max(beginMs, from)
      const ends = interval.toMs <= from + stepMs
      steps[step]?.add(ends ? interval : { ...interval, latency: null }, overlap)
    }
  }
  return { fromMs, stepMs, count, ...columnsOf(columns, steps) }
}

function columnsOf({ metrics }: ShapeColumns, steps: readonly Accumulator[]) {
  const taken = steps.map((step) => step.taken(0))
  const column = (of: 'mean' | 'max', m: number) =>
    Float64Array.from(taken, (interval) => interval[of][m]!) // a column of its shape
  return {
    metrics: metrics.map((metric, m) => ({
      metric,
      mean: column('mean', m),
      max: column('max', m),
    })),
    latency: taken.map(({ latency }) => latency),
  }
}
