/**
 * What a latency usually is: mean and deviation of its logarithm, with older minutes counting for less. Latencies are spread
 * over octaves, so that twice as long is as far from the usual as half as long. Pure.
 */
import type { Observed } from './held.ts'
import { THRESHOLDS } from './kinds.ts'

const LIMITS = THRESHOLDS['latency-unusual']

/** Of the logarithm to the base 2 of ms. */
export type Baseline = {
  readonly minutes: number
  readonly mean: number
  readonly variance: number
}

export const NO_BASELINE: Baseline = { minutes: 0, mean: 0, variance: 0 }

/** @param latencyMs mean of a minute; what is no positive number is left out */
export function learned(before: Baseline, latencyMs: number): Baseline {
  if (!(latencyMs > 0) || !Number.isFinite(latencyMs)) return before
  const minutes = before.minutes + 1
  // A plain mean at first; then each minute has the same small part.
  const part = 1 / Math.min(minutes, LIMITS.memoryMinutes)
  const off = Math.log2(latencyMs) - before.mean
  const mean = before.mean + part * off
  const variance = (1 - part) * (before.variance + part * off * off)
  return { minutes, mean, variance }
}

/** null: not observed, or the usual is not known yet. */
export function isUnusual(baseline: Baseline, latencyMs: number): Observed | null {
  if (!(latencyMs > 0) || baseline.minutes < LIMITS.minutes) return null
  const octaves = Math.log2(latencyMs) - baseline.mean
  const deviation = Math.sqrt(baseline.variance)
  return {
    isSo: octaves >= Math.max(LIMITS.octaves, LIMITS.deviations * deviation),
    isOver: octaves < Math.max(LIMITS.octavesAtEnd, LIMITS.deviationsAtEnd * deviation),
  }
}

export function usualMs({ mean }: Baseline): number {
  return 2 ** mean
}
