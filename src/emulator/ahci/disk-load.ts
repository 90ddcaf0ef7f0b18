/**
 * What of a described load a SATA disk gets through. Two things bound it: 32 commands of NCQ (AHCI 1.3.1, "Command List
 * Structure"; 32 tags of Serial ATA's Native Command Queuing), and the link: 6 Gb/s with 8b/10b carry 600 MB/s. Little's
 * law holds below and at the bound: what is asked for beyond it waits in front of the queue.
 */
import { fraction } from '../load/seeded.ts'

export const NCQ_DEPTH = 32
/** 6 Gb/s, of ten bits eight. */
export const LINK_BYTES_PER_SECOND = (6e9 * 8) / 10 / 8

export type SataLoad = { readonly iops: number; readonly latencyUs: number }

export const READ_SHARE = 0.7
export const READ_BYTES = 4096
export const WRITE_BYTES = 16_384
const MEAN_BYTES = READ_SHARE * READ_BYTES + (1 - READ_SHARE) * WRITE_BYTES

export type SettledLoad = {
  readonly seed: number
  /** Completions per millisecond. */
  readonly rate: number
  /** From the queue to the completion, waiting for the link included. */
  readonly latencyMs: number
  /** The queue is always full. */
  readonly saturated: boolean
}

export const NO_LOAD: SettledLoad = { seed: 0, rate: 0, latencyMs: 0, saturated: false }

export function settledLoad({ iops, latencyUs }: SataLoad, seed: number): SettledLoad {
  const asked = iops / 1000
  const latencyMs = latencyUs / 1000
  const most = Math.min(LINK_BYTES_PER_SECOND / MEAN_BYTES / 1000, NCQ_DEPTH / latencyMs)
  if (asked < most) return { seed, rate: asked, latencyMs, saturated: false }
  return {
    seed,
    rate: most,
    latencyMs: Math.max(latencyMs, NCQ_DEPTH / most),
    saturated: true,
  }
}

/** Reads and writes from 0 to `ms`, whole numbers: rounded towards reads, which take less of the link. */
export function servedUntil({ rate }: SettledLoad, ms: number) {
  const total = Math.floor(rate * ms)
  const reads = Math.ceil(total * READ_SHARE)
  return { reads, writes: total - reads }
}

const NOISE = 0.3

/** Commands in the queue, 0 to 32: rate x latency on average, unsteady from one millisecond to the next. */
export function inFlightAt(load: SettledLoad, ms: number): number {
  if (load.saturated) return NCQ_DEPTH
  const { seed, rate, latencyMs } = load
  const tick = Math.floor(ms)
  const mean = rate * latencyMs
  // Never beyond the queue, so that the average stays the mean close to its end, too.
  const noise = Math.min(NOISE, Math.max(0, (NCQ_DEPTH - 1 - mean) / Math.max(mean, 1)))
  const unsteady = mean * (1 + noise * (2 * fraction(seed, 0, tick) - 1))
  return Math.min(NCQ_DEPTH, Math.floor(unsteady + fraction(seed, 1, tick)))
}
