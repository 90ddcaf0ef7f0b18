/**
 * Rates out of two readings of cumulative counters. Columns in, columns out: nothing is allocated per queue.
 *
 * A counter that went backwards means that the driver was bound anew: the interval spans two lives, and the rate is NaN
 * (not observed). NaN in, NaN out.
 */

/**
 * Events per second of each queue, into `out`.
 *
 * @param before, now counters of the same queues in the same order
 * @param seconds between the two, by the host's clock; > 0
 */
export function ratesPerSecond(
  before: Float64Array,
  now: Float64Array,
  seconds: number,
  out: Float64Array
): void {
  for (let q = 0; q < out.length; q++) out[q] = ratePerSecond(before[q]!, now[q]!, seconds) // same length, by contract
}

/** How far each counter came, into `out`. */
export function countsBetween(
  before: Float64Array,
  now: Float64Array,
  out: Float64Array
): void {
  for (let n = 0; n < out.length; n++) out[n] = progress(before[n]!, now[n]!) // same length, by contract
}

export function ratePerSecond(before: number, now: number, seconds: number): number {
  return progress(before, now) / seconds
}

/** How far a counter came; NaN when it went backwards. */
export function progress(before: number, now: number): number {
  return now < before ? NaN : now - before
}

/**
 * The device's completed commands shared out to its queues by their interrupts, into `out`.
 *
 * The block layer counts commands per disk, not per queue, and an interrupt may complete several commands; so the exact
 * sum is taken from the one and the shares from the other. A queue without interrupts completed nothing. Commands
 * without any interrupt (polled, or interrupts that are not counted) cannot be shared out: all NaN.
 *
 * @param commandRate of the device, commands/s
 * @param interruptRates of each queue, interrupts/s
 */
export function shareCommands(
  commandRate: number,
  interruptRates: Float64Array,
  out: Float64Array
): void {
  if (commandRate === 0) {
    out.fill(0)
    return
  }
  let sum = 0
  for (let q = 0; q < interruptRates.length; q++) sum += interruptRates[q]! // within its length
  for (let q = 0; q < out.length; q++) out[q] = (commandRate * interruptRates[q]!) / sum // 0/0 is NaN, as wished
}

/** Mean time per command over the interval, ms; NaN when nothing completed. */
export function meanLatencyMs(ticksMs: number, ios: number): number {
  return ios === 0 ? NaN : ticksMs / ios
}
