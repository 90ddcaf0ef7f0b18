/**
 * I/O that an emulated controller completes, as pure functions of time: each queue has a rate of its own, and every
 * second queue's swings slowly around it. Invented load, not a model of a drive's limits; in flight obeys Little's law.
 */
import { fraction } from './seeded.ts'

export type QueueRates = {
  readonly seed: number
  readonly latencyMs: number
  /** Mean completions per millisecond, one per I/O queue. */
  readonly mean: Float64Array
  /** Part of the mean by which the rate swings, below 1, so that completions never go back. */
  readonly swing: Float64Array
  readonly periodMs: Float64Array
}

export type ControllerLoad = { readonly iops: number; readonly latencyUs: number }

const SWING = 0.35
const SHORTEST_PERIOD_MS = 45_000
const LONGEST_PERIOD_MS = 240_000

/** @param queues I/O queues; the rates add up to the load's iops */
export function queueRates(load: ControllerLoad, queues: number, seed: number): QueueRates {
  const weights = Float64Array.from(
    { length: queues },
    (_, q) => 0.5 + fraction(seed, q, 1)
  )
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const span = LONGEST_PERIOD_MS - SHORTEST_PERIOD_MS
  return {
    seed,
    latencyMs: load.latencyUs / 1000,
    mean: weights.map((weight) => (load.iops * weight) / total / 1000),
    swing: Float64Array.from(weights, (_, q) => (q % 2 === 1 ? SWING : 0)),
    periodMs: weights.map((_, q) => SHORTEST_PERIOD_MS + span * fraction(seed, q, 2)),
  }
}

/** Completions of one queue from 0 to `ms`; the integral of its rate, not rounded. */
export function completionsUntil(rates: QueueRates, q: number, ms: number): number {
  const [mean, swing, period] = parametersOf(rates, q)
  const turn = (2 * Math.PI) / period
  return mean * (ms + (swing * (1 - Math.cos(ms * turn))) / turn)
}

/** Completions per millisecond at `ms`. */
export function rateAt(rates: QueueRates, q: number, ms: number): number {
  const [mean, swing, period] = parametersOf(rates, q)
  return mean * (1 + swing * Math.sin((2 * Math.PI * ms) / period))
}

const NOISE = 0.3

/**
 * Commands in flight, a whole number: rate x latency on average, unsteady from one millisecond to the next.
 *
 * @param depth most that fit in the queue
 */
export function inFlightAt(
  rates: QueueRates,
  q: number,
  ms: number,
  depth: number
): number {
  const tick = Math.floor(ms)
  const unsteady = 1 + NOISE * (2 * fraction(rates.seed, q, tick + 3) - 1)
  const mean = rateAt(rates, q, ms) * rates.latencyMs * unsteady
  // A fair rounding: up as often as the remainder says, so that the average stays the mean.
  return Math.min(depth, Math.floor(mean + fraction(rates.seed, q, -tick - 3)))
}

function parametersOf(rates: QueueRates, q: number): readonly [number, number, number] {
  const { mean, swing, periodMs } = rates
  return [mean[q] ?? 0, swing[q] ?? 0, periodMs[q] ?? SHORTEST_PERIOD_MS]
}
