/**
 * The last minutes of every series, in memory: typed-array blocks of a fixed number of samples. When the budget is
 * spent the oldest block goes first, whosever it is; a block whose last sample is older than `keepMs` goes too.
 */
import type { Interval } from './accumulator.ts'
import { BUCKETS } from './metrics.ts'

export const BLOCK_SAMPLES = 60
/** Of the objects around the numbers of a block, and of what a series has besides its blocks: measured, rounded up. */
const BLOCK_OVERHEAD_BYTES = 1_000
export const SERIES_OVERHEAD_BYTES = 3_000

/** That so many samples of a series take, without latencies. */
export function seriesBytes(width: number, samples: number): number {
  return SERIES_OVERHEAD_BYTES + Math.ceil(samples / BLOCK_SAMPLES + 1) * blockBytes(width)
}

function blockBytes(width: number): number {
  return BLOCK_OVERHEAD_BYTES + BLOCK_SAMPLES * (8 + 4 + 1 + 4 * width)
}

export type RecentOptions = {
  readonly budgetBytes: number
  readonly keepMs: number
}

type Block = {
  readonly owner: Block[]
  readonly toMs: Float64Array
  readonly spanMs: Float32Array
  /** Row by row. */
  readonly mean: Float32Array
  latency: Uint32Array | null
  readonly hasLatency: Uint8Array
  count: number
  bytes: number
}

/** The blocks of one series, oldest first. Opaque outside. */
export type RecentSeries = { readonly width: number; readonly blocks: Block[] }

export class Recent {
  readonly #options: RecentOptions
  /** In the order of their first samples. */
  readonly #blocks = new Set<Block>()
  #bytes = 0

  constructor(options: RecentOptions) {
    this.#options = options
  }

  /** All that is held, the series' own part included. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * @param width columns of its shape
   * @returns undefined: the series that there are fill the budget
   */
  series(width: number): RecentSeries | undefined {
    if (!this.#fit(SERIES_OVERHEAD_BYTES)) return undefined
    this.#bytes += SERIES_OVERHEAD_BYTES
    return { width, blocks: [] }
  }

  forget({ blocks }: RecentSeries): void {
    for (const block of blocks.slice()) this.#drop(block)
    this.#bytes -= SERIES_OVERHEAD_BYTES
  }

  /** Kept to the precision of Float32; counts of latency up to 2^32 - 1. Later than what the series has. */
  add(series: RecentSeries, { toMs, spanMs, mean, latency }: Interval): void {
    const block = this.#roomIn(series)
    if (!block) return
    if (latency) this.#giveLatency(block)
    const row = block.count++
    block.toMs[row] = toMs
    block.spanMs[row] = spanMs
    block.mean.set(mean, row * series.width)
    if (!latency || !block.latency) return
    block.hasLatency[row] = 1
    for (let b = 0; b < BUCKETS; b++) {
      block.latency[row * BUCKETS + b] = Math.min(latency[b]!, 0xffff_ffff)
    }
  }

  dropOlderThan(nowMs: number): void {
    for (const block of this.#blocks) {
      if (block.toMs[block.count - 1]! >= nowMs - this.#options.keepMs) continue
      this.#drop(block)
    }
  }

  /** When the first sample that is kept began; Infinity: there is none. */
  beganMs({ blocks }: RecentSeries): number {
    const [first] = blocks
    return first ? first.toMs[0]! - first.spanMs[0]! : Infinity // a block has a sample
  }

  /** Samples that end after `fromMs`, oldest first. Views into the blocks: not to be kept. */
  *read({ width, blocks }: RecentSeries, fromMs: number): Generator<Interval> {
    for (const block of blocks) {
      for (let row = 0; row < block.count; row++) {
        if (block.toMs[row]! > fromMs) yield sampleOf(block, width, row)
      }
    }
  }

  #roomIn({ width, blocks }: RecentSeries): Block | undefined {
    const last = blocks.at(-1)
    if (last && last.count < BLOCK_SAMPLES) return last
    const bytes = blockBytes(width)
    if (!this.#fit(bytes)) return undefined
    const block: Block = {
      owner: blocks,
      toMs: new Float64Array(BLOCK_SAMPLES),
      spanMs: new Float32Array(BLOCK_SAMPLES),
      mean: new Float32Array(BLOCK_SAMPLES * width),
      latency: null,
      hasLatency: new Uint8Array(BLOCK_SAMPLES),
      count: 0,
      bytes,
    }
    blocks.push(block)
    this.#blocks.add(block)
    this.#bytes += bytes
    return block
  }

  /** Most series never have any: room for them is made with the first. */
  #giveLatency(block: Block): void {
    const bytes = BLOCK_SAMPLES * BUCKETS * Uint32Array.BYTES_PER_ELEMENT
    if (block.latency || !this.#fit(bytes, block)) return
    block.latency = new Uint32Array(BLOCK_SAMPLES * BUCKETS)
    block.bytes += bytes
    this.#bytes += bytes
  }

  /** Makes room; false: there is none, though nothing is left that could go. */
  #fit(bytes: number, keep?: Block): boolean {
    const fits = () => this.#bytes + bytes <= this.#options.budgetBytes
    for (const block of this.#blocks) {
      if (fits()) return true
      if (block !== keep) this.#drop(block)
    }
    return fits()
  }

  #drop(block: Block): void {
    if (!this.#blocks.delete(block)) return
    this.#bytes -= block.bytes
    const place = block.owner.indexOf(block)
    if (place >= 0) block.owner.splice(place, 1)
  }
}

function sampleOf(block: Block, width: number, row: number): Interval {
  const mean = block.mean.subarray(row * width, (row + 1) * width)
  return {
    toMs: block.toMs[row]!, // rows below `count` are filled
    spanMs: block.spanMs[row]!,
    mean,
    max: mean,
    latency:
      block.latency && block.hasLatency[row] === 1
        ? block.latency.subarray(row * BUCKETS, (row + 1) * BUCKETS)
        : null,
  }
}
