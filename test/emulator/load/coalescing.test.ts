/** Interrupt Coalescing: an interrupt for as many completions as the threshold, or for those that come in time. */
import { expect, test } from 'vitest'
import { coalescingFeature } from '../../../src/emulator/load/coalescing.ts'
import type { CoalescingDescription } from '../../../src/emulator/load/load-description.ts'
import { tableOf } from './any-load.ts'

/** Completions per interrupt over a long time, of one queue. */
function perInterrupt(arrivalsPerSecond: number, coalescing?: CoalescingDescription) {
  const load = {
    arrivalsPerSecond,
    serviceMicroseconds: 100,
    ...(coalescing && { coalescing }),
  }
  const table = tableOf(load, 1, 1)
  table.advanceTo(10_000_000)
  return table.columns.completions[0]! / table.interrupts(0)
}

test.for([
  ['none: each completion interrupts', 100_000, undefined, 1],
  ['a busy queue reaches the threshold', 100_000, { threshold: 8, microseconds: 1_000 }, 8],
  ['a slow one runs into the time', 10_000, { threshold: 64, microseconds: 300 }, 4],
  ['no time to wait', 100_000, { threshold: 8, microseconds: 0 }, 1],
] as const)('%s', ([, rate, coalescing, expected]) => {
  expect(perInterrupt(rate, coalescing)).toBeCloseTo(expected, 2)
})

test('the feature has the threshold 0’s based, and the time in steps of 100 µs', () => {
  const coalescing = { threshold: 8, microseconds: 1_000 }

  expect(coalescingFeature({ serviceMicroseconds: 1, coalescing })).toBe(0x0a07)
  expect(coalescingFeature({ serviceMicroseconds: 1 })).toBe(0)
})
