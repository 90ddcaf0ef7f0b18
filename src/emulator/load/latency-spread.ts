/**
 * How the latencies of completed commands lie between powers of two. Steady queues have one latency; that of bursts is the
 * trapezoid of their cycle.
 */
import { BURSTS_LENGTH, doneWithin, writeBursts } from './burst-times.ts'
import type { FunctionLoad } from './function-load.ts'
import { phaseOf } from './queue-load.ts'

/** Bucket b is 2^(b-1) < µs <= 2^b; 0 is at most 1 µs, the last has all above. */
export const POWERS = 32

export type LatencySpread = {
  /**
   * Adds to `out`, from `at` on, commands of one queue by their latency.
   *
   * @param count that completed from `fromMs` to `nowMs`, times of the load
   */
  readonly add: (
    q: number,
    count: number,
    fromMs: number,
    nowMs: number,
    out: Float64Array,
    at: number
  ) => void
}

export function latencySpread(load: FunctionLoad): LatencySpread {
  const { cycle } = load
  if (cycle === undefined)
    return {
      add: (q, count, _from, _now, out, at) =>
        void (out[at + powerOf(load.weighedMs[q] ?? 0)]! += count),
    }
  const bursts = new Float64Array(BURSTS_LENGTH)
  writeBursts(bursts, 0, cycle, phaseOf(load))
  return {
    add: (_q, count, from, now, out, at) => addOfBursts(bursts, count, from, now, out, at),
  }
}

/** Microseconds are whole, as a kernel counts them. */
function powerOf(ms: number): number {
  const us = Math.floor(ms * 1000)
  return us <= 1 ? 0 : Math.min(POWERS - 1, 32 - Math.clz32(us - 1))
}

/** All of them, in the parts that the load had. */
function addOfBursts(
  bursts: Float64Array,
  count: number,
  from: number,
  now: number,
  out: Float64Array,
  at: number
): void {
  const within = (mostMs: number) =>
    doneWithin(bursts, 0, mostMs, now) - doneWithin(bursts, 0, mostMs, from)
  const all = within(Infinity)
  let given = 0
  for (let power = 0; power < POWERS; power++) {
    const part = all > 0 ? within(2 ** power / 1000) / all : 1
    const upTo = power === POWERS - 1 ? count : Math.max(given, Math.round(count * part))
    out[at + power]! += upTo - given
    given = upTo
  }
}
