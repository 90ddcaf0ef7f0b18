/**
 * Means and maxima of one series over an interval, out of shorter ones that it is made of. Intervals are merged in any
 * order and grouping with the same result, latency histograms exactly. What was never observed stays NaN.
 */
import { BUCKETS, type ShapeColumns } from './metrics.ts'

/** A series over an interval that ends at `toMs`. Columns as its shape has them; NaN: not observed. */
export type Interval = {
  readonly toMs: number
  readonly spanMs: number
  readonly mean: Float32Array | Float64Array
  /** Of the samples that it was made of. */
  readonly max: Float32Array | Float64Array
  /** Commands completed, by latency: BUCKETS. null: not observed. */
  readonly latency: Float64Array | Uint32Array | null
}

export class Accumulator {
  readonly #columns: ShapeColumns
  readonly #sums: Float64Array
  readonly #weights: Float64Array
  readonly #max: Float64Array
  #latency: Float64Array | null = null
  #spanMs = 0

  constructor(columns: ShapeColumns) {
    this.#columns = columns
    const { length } = columns.metrics
    this.#sums = new Float64Array(length)
    this.#weights = new Float64Array(length)
    this.#max = new Float64Array(length).fill(NaN)
  }

  get spanMs(): number {
    return this.#spanMs
  }

  /** @param spanMs so much of the interval lies in this one; > 0 */
  add(interval: Omit<Interval, 'toMs'>, spanMs = interval.spanMs): void {
    this.#spanMs += spanMs
    for (let m = 0; m < this.#sums.length; m++) this.#addColumn(interval, m, spanMs)
    if (interval.latency) this.#addLatency(interval.latency)
  }

  /** A copy of what has come, which ends at `toMs`. */
  taken(toMs: number): Interval {
    return {
      toMs,
      spanMs: this.#spanMs,
      mean: this.#sums.map((sum, m) => sum / this.#weights[m]!), // 0/0 is NaN, as wished
      max: this.#max.slice(),
      latency: this.#latency?.slice() ?? null,
    }
  }

  reset(): void {
    this.#spanMs = 0
    this.#sums.fill(0)
    this.#weights.fill(0)
    this.#max.fill(NaN)
    this.#latency = null
  }

  #addColumn({ mean, max }: Omit<Interval, 'toMs'>, m: number, spanMs: number): void {
    const value = mean[m]! // columns of its shape
    if (Number.isNaN(value)) return
    const by = this.#columns.weighedBy[m]!
    const weight = by < 0 ? spanMs : spanMs * mean[by]!
    if (!(weight > 0)) return
    this.#sums[m]! += value * weight
    this.#weights[m]! += weight
    const most = max[m]!
    if (!(this.#max[m]! >= most)) this.#max[m] = most
  }

  #addLatency(counts: Float64Array | Uint32Array): void {
    const sums = (this.#latency ??= new Float64Array(BUCKETS))
    for (let b = 0; b < BUCKETS; b++) sums[b]! += counts[b]!
  }
}
