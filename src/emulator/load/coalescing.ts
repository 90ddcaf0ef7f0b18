/**
 * Interrupts that are saved by waiting for more completions. Source: NVMe Base 2.1, "Interrupt Coalescing": an interrupt
 * comes with the threshold, or once the aggregation time is over, counted from the first completion that waits.
 */
import { asQueueing } from './load-description.ts'
import type { LoadDescription, Service } from './load-description.ts'

const STEP_MICROSECONDS = 100

/**
 * Mean completions per interrupt of a queue, at least 1.
 *
 * @param rate of completions, commands/ms
 */
export function commandsPerInterrupt({ coalescing }: Service, rate: number): number {
  if (!coalescing) return 1
  const inTime = 1 + (rate * coalescing.microseconds) / 1000
  return Math.min(coalescing.threshold, inTime)
}

/** CDW11 of the feature: the threshold 0's based, the time in steps of 100 µs. undefined: the load says nothing of it. */
export function coalescingFeature(load: LoadDescription): number | undefined {
  const { coalescing } = asQueueing(load)
  if (!coalescing) return undefined
  const steps = coalescing.microseconds / STEP_MICROSECONDS
  return (steps << 8) | (coalescing.threshold - 1)
}
