/** Load is a pure function of seed and time, in columns; what comes is done or in flight; counters only rise. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { functionLoad } from '../../../src/emulator/load/function-load.ts'
import { QueueLoad } from '../../../src/emulator/load/queue-load.ts'
import { anyLoad, anyQueues, anySeed, LIMIT, tableOf } from './any-load.ts'

const anyInstants = fc.array(fc.integer({ min: 0, max: 1e8 }), {
  minLength: 2,
  maxLength: 30,
})

test('arrivals are completions and what is in flight; all counters only rise, from 0', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 2 })
  fc.assert(
    fc.property(anyLoad, anyQueues, anySeed, steps, (load, queues, seed, times) => {
      const table = tableOf(load, queues, seed)
      const { completions, inFlight, latencyMs } = table.columns
      const before = { arrived: 0, done: 0, latency: 0, interrupts: 0 }
      const q = queues - 1
      let now = 0
      for (const step of times) {
        table.advanceTo((now += step))
        const [done, open, latency] = [completions[q]!, inFlight[q]!, latencyMs[q]!]
        const interrupts = table.interrupts(q)

        expect(open).toBeLessThanOrEqual(LIMIT)
        expect(done + open, 'arrivals').toBeGreaterThanOrEqual(before.arrived)
        expect(done).toBeGreaterThanOrEqual(before.done)
        expect(latency).toBeGreaterThanOrEqual(before.latency)
        expect(interrupts).toBeGreaterThanOrEqual(before.interrupts)
        expect(interrupts - before.interrupts).toBeLessThanOrEqual(done - before.done)
        expect(interrupts > 0).toBe(done > 0)
        Object.assign(before, { arrived: done + open, done, latency, interrupts })
      }
    })
  )
})

test('an instant is the same, whatever was read before and whoever else came and went', () => {
  fc.assert(
    fc.property(
      anyLoad,
      anyQueues,
      anySeed,
      anyInstants,
      (load, queues, seed, instants) => {
        const [at = 0, ...others] = instants
        const alone = tableOf(load, queues, seed)
        const crowded = new QueueLoad(LIMIT)
        const first = crowded.enter(functionLoad(load, 3, LIMIT, seed + 1))
        const place = crowded.enter(functionLoad(load, queues, LIMIT, seed))
        for (const other of others) crowded.advanceTo(other)
        crowded.leave(first)
        crowded.enter(functionLoad({ depth: 3, serviceMicroseconds: 9 }, 3, LIMIT, 1))
        crowded.enter(functionLoad({ depth: 3, serviceMicroseconds: 9 }, 5, LIMIT, 1))

        alone.advanceTo(at)
        crowded.advanceTo(at)

        const row = crowded.columns.firstQueue[place]!
        for (const name of ['completions', 'inFlight', 'latencyMs'] as const)
          expect([...crowded.columns[name].subarray(row, row + queues)]).toEqual([
            ...alone.columns[name],
          ])
      }
    )
  )
})

test('within a millisecond everything is of one instant', () => {
  const table = tableOf({ iops: 900_000, latencyUs: 80 }, 2, 1)

  table.advanceTo(5_000.01)
  const early = table.columns.completions.slice()
  table.advanceTo(5_000.99)

  expect(table.columns.completions).toEqual(early)
  table.advanceTo(5_001)
  expect(table.columns.completions).not.toEqual(early)
})

test('loads of different seeds differ, and queues of one differ from each other', () => {
  const [one, other] = [1, 2].map((seed) => {
    const table = tableOf({ iops: 20_000, latencyUs: 100 }, 4, seed)
    table.advanceTo(1_000_000)
    return [...table.columns.completions]
  })

  expect(one).not.toEqual(other)
  expect(new Set(one).size).toBe(4)
})

test('rates are unsteady from one second to the next, and right in the long run', () => {
  const table = tableOf({ iops: 8_000, latencyUs: 100 }, 2, 1)
  const counts: number[] = []
  for (let second = 0; second <= 600; second++) {
    table.advanceTo(second * 1_000)
    counts.push(table.columns.completions[0]! + table.columns.completions[1]!)
  }
  const rates = counts.slice(1).map((count, i) => count - counts[i]!)

  expect(Math.max(...rates) / Math.min(...rates)).toBeGreaterThan(1.3)
  expect(counts.at(-1)! / 600).toBeGreaterThan(7_900)
  expect(counts.at(-1)! / 600).toBeLessThan(8_100)
})

test('a place that was left is given to the next function with as many queues', () => {
  const table = new QueueLoad(LIMIT)
  const load = functionLoad({ iops: 1_000, latencyUs: 100 }, 4, LIMIT, 1)
  const places = [table.enter(load), table.enter(load)]

  table.leave(places[0]!)
  const again = table.enter(load)

  expect(again).toBe(places[0])
  expect(table.functions).toBe(2)
})

test('queues are numbers in columns: there is no object for one', () => {
  const table = new QueueLoad(LIMIT)
  for (let seed = 0; seed < 500; seed++)
    table.enter(functionLoad({ iops: 1_000, latencyUs: 100 }, 4, LIMIT, seed))

  for (const [name, column] of Object.entries(table.columns))
    expect(ArrayBuffer.isView(column), name).toBe(true)
  expect(table.columns.completions.length).toBeGreaterThanOrEqual(2_000)
})
