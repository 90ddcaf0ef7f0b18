/** Bounds of latency out of a log2 histogram. It has no finer truth than its buckets, so that a bound is a power of two. */
import { LATENCY_BUCKETS } from '../host/frame.ts'

/**
 * The least power of two, µs, that at least this part of a queue's commands did not exceed, into `out`. NaN where nothing
 * completed or the histogram is not observed. Commands in the last bucket have no bound: its lower end is doubled.
 *
 * @param histograms LATENCY_BUCKETS of each queue, row by row; empty: not observed
 * @param part above 0, up to 1
 */
export function atMostUs(histograms: Float64Array, part: number, out: Float64Array): void {
  if (histograms.length === 0) {
    out.fill(NaN)
    return
  }
  for (let row = 0; row < out.length; row++) out[row] = boundOf(histograms, row, part)
}

function boundOf(histograms: Float64Array, row: number, part: number): number {
  const first = row * LATENCY_BUCKETS
  let all = 0
  for (let b = 0; b < LATENCY_BUCKETS; b++) all += histograms[first + b]! // a whole row, by contract
  if (!(all > 0)) return NaN
  let seen = 0
  for (let b = 0; b < LATENCY_BUCKETS; b++) {
    seen += histograms[first + b]!
    if (seen >= all * part) return 2 ** b
  }
  return NaN
}
