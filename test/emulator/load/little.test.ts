/** Little's law: what is in flight on average is the rate of completions times the latency that the counters tell. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LoadDescription } from '../../../src/emulator/load/load-description.ts'
import { anyLoad, anyQueues, anySeed, tableOf, total } from './any-load.ts'

const SAMPLES = 12_000
/** Of a burst that lasts a fiftieth of its cycle, few samples would see anything. */
const MOST_SAMPLES = 16 * SAMPLES
const TOLERANCE = 0.05

/** Many cycles of any burst, and of every drift. */
const OBSERVED_MS = 40 * 65_536

type Observed = { readonly depth: number; readonly rate: number; readonly latency: number }

/** @param fromMs after the start, at which everything is empty */
function observe(
  load: LoadDescription,
  queues: number,
  seed: number,
  fromMs = 60_000
): Observed {
  const table = tableOf(load, queues, seed)
  const sums = () => {
    const { completions, latencyMs } = table.columns
    return [total(completions), total(latencyMs)] as const
  }
  table.advanceTo(fromMs)
  const [doneBefore, latencyBefore] = sums()
  let depth = 0
  const samples = samplesOf(load)
  // One instant in each of equal parts, at another place in every part.
  for (let i = 0; i < samples; i++) {
    table.advanceTo(fromMs + ((i + ((i * 0.6180339887) % 1)) * OBSERVED_MS) / samples)
    depth += total(table.columns.inFlight)
  }
  table.advanceTo(fromMs + OBSERVED_MS)
  const [done, latency] = sums()
  return {
    depth: depth / samples,
    rate: (done - doneBefore) / OBSERVED_MS,
    latency: (latency - latencyBefore) / (done - doneBefore),
  }
}

function samplesOf(load: LoadDescription): number {
  if (!('burst' in load) || load.burst === undefined) return SAMPLES
  const { everyMs, forMs } = load.burst
  return Math.min(MOST_SAMPLES, Math.ceil((SAMPLES * everyMs) / forMs))
}

test('depth, rate and latency obey Little within 5 %, idle, saturated and in bursts', () => {
  fc.assert(
    fc.property(anyLoad, anyQueues, anySeed, (load, queues, seed) => {
      const { depth, rate, latency } = observe(load, queues, seed)

      expect(depth / (rate * latency)).toBeGreaterThan(1 - TOLERANCE)
      expect(depth / (rate * latency)).toBeLessThan(1 + TOLERANCE)
    }),
    { numRuns: 150 }
  )
})

test('below saturation the described rate is done, with the latency of M/M/c', () => {
  const load = { arrivalsPerSecond: 1_500, serviceMicroseconds: 1_000, parallelism: 2 }

  const { rate, latency } = observe(load, 4, 5)

  expect(rate).toBeCloseTo(1.5, 2)
  // Erlang C of 1.5 erlangs on 2 servers is 9/14.
  expect(latency).toBeCloseTo(1 + 9 / 14 / (2 * 0.25), 2)
})

test('above saturation the drive does what it can, and every queue that asks for more is full', () => {
  const load = { arrivalsPerSecond: 9_000, serviceMicroseconds: 1_000, parallelism: 4 }
  const table = tableOf(load, 4, 5)

  const { rate, latency } = observe(load, 4, 5)
  table.advanceTo(100_000)

  expect(rate).toBeCloseTo(4, 2)
  expect(latency / 1023).toBeGreaterThan(0.97)
  expect(latency / 1023).toBeLessThan(1.03)
  for (const open of table.columns.inFlight) expect(open).toBeGreaterThan(1_000)
})

test('a queue that asks for little gets it from a drive that is full', () => {
  const [few, ...others] = [...tableOf(STORM, 4, 8).columns.rate].toSorted((a, b) => a - b)

  expect(few).toBeLessThan(1.05)
  expect(others.at(-1)! + others.at(-2)!).toBeGreaterThan(2)
  expect(few! + total(others)).toBeCloseTo(4, 5)
})

/** Just more than the drive can do: the queue with the smallest share asks for less than a quarter. */
const STORM = { arrivalsPerSecond: 4_100, serviceMicroseconds: 1_000, parallelism: 4 }

test('at a fixed depth the depth is that always, and the rate is the drive’s', () => {
  const load = { depth: 32, serviceMicroseconds: 100, parallelism: 64 }
  const table = tableOf(load, 4, 3)

  const { depth, rate, latency } = observe(load, 4, 3)
  table.advanceTo(123_456)

  expect([...table.columns.inFlight]).toEqual([32, 32, 32, 32])
  expect(depth).toBe(128)
  expect(rate).toBeCloseTo(640, 0)
  expect(latency).toBeCloseTo(0.2, 4)
})

test('a burst that overloads the drive makes latency and depth rise, and afterwards they fall', () => {
  const burst = { everyMs: 10_000, forMs: 1_000, factor: 6 }
  const load = {
    arrivalsPerSecond: 1_000,
    serviceMicroseconds: 1_000,
    parallelism: 4,
    burst,
  }
  const table = tableOf(load, 4, 1)
  const depths: number[] = []
  for (let ms = 60_000; ms < 70_000; ms += 10) {
    table.advanceTo(ms)
    depths.push(total(table.columns.inFlight))
  }

  const sorted = depths.toSorted((a, b) => a - b)

  expect(sorted[0], 'between bursts').toBeLessThan(3)
  // 6 commands a ms come for a second, and 4 are done.
  expect(sorted.at(-1)).toBeGreaterThan(1_900)
  expect(sorted.at(-1)).toBeLessThan(2_100)
})

test('the drive never completes more than it can, in bursts neither', () => {
  const stepMs = 20
  fc.assert(
    fc.property(anyLoad, anyQueues, anySeed, (load, queues, seed) => {
      if (!('serviceMicroseconds' in load) || load.parallelism === undefined) return
      const most = (load.parallelism * 1000 * stepMs) / load.serviceMicroseconds
      const noise = 'burst' in load ? 1.05 : 1.6
      const table = tableOf(load, queues, seed)
      let before = 0
      for (let ms = 30_000; ms < 50_000; ms += stepMs) {
        table.advanceTo(ms)
        const done = total(table.columns.completions)
        if (ms > 30_000) expect(done - before).toBeLessThanOrEqual(most * noise + queues)
        before = done
      }
    }),
    { numRuns: 60 }
  )
})
