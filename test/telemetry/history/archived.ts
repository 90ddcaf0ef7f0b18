/** Minutes to write, and what reading them back must give. */
import type { Interval } from '../../../src/telemetry/history/accumulator.ts'
import { BUCKETS } from '../../../src/telemetry/history/metrics.ts'
import type { ArchiveRow } from '../../../src/telemetry/history/segment-records.ts'
import { seriesName, type SeriesKey } from '../../../src/telemetry/history/series.ts'

export const controller = (id: string): SeriesKey => ({ scope: 'controller', id })

/** @param value each metric's; NaN: not observed */
export function minuteRow(
  key: SeriesKey,
  minute: number,
  value: number,
  latency: Float64Array | null = null
): ArchiveRow {
  const width = key.scope === 'queue' ? 3 : 7
  const interval: Interval = {
    toMs: (minute + 1) * 60_000,
    spanMs: 60_000,
    mean: new Float64Array(width).fill(value),
    max: new Float64Array(width).fill(value * 2),
    latency,
  }
  const shape = key.scope === 'queue' ? 'queue' : 'function'
  return { name: seriesName(key), shape, minute, interval }
}

export function counts(of: (bucket: number) => number): Float64Array {
  return Float64Array.from({ length: BUCKETS }, (_, b) => of(b))
}

/** Of the first metric, with its minute. */
export function firstMetric(minutes: readonly Interval[]): readonly (readonly number[])[] {
  return minutes.map(({ toMs, mean }) => [toMs / 60_000 - 1, mean[0] ?? NaN])
}
