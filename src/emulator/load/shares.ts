/** How queues share a load, and a drive that is too slow for it. */
import { fraction } from './seeded.ts'

/** Parts of the load on each queue, unequal, that add up to 1. */
export function sharesOf(queues: number, seed: number): Float64Array {
  const weights = Float64Array.from(
    { length: queues },
    (_, q) => 0.5 + fraction(seed, q, 1)
  )
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/**
 * What each queue gets when served in turn: what it asks for, or as much as every other that asks for more.
 *
 * @param asked commands/ms
 * @param capacity of the drive, commands/ms; Infinity: it is not what bounds
 * @param most that one queue can have, commands/ms
 */
export function fairRates(
  asked: Float64Array,
  capacity: number,
  most: number
): Float64Array {
  let left = capacity
  let served = 0
  let fair = most
  for (const rate of asked.toSorted()) {
    const equal = left / (asked.length - served)
    if (rate >= equal) {
      fair = Math.min(most, equal)
      break
    }
    left -= rate
    served++
  }
  return asked.map((rate) => Math.min(rate, fair))
}
