/** Loads of every kind, from idle to far too much, for property tests. */
import fc from 'fast-check'
import { functionLoad } from '../../../src/emulator/load/function-load.ts'
import type { LoadDescription } from '../../../src/emulator/load/load-description.ts'
import { QueueLoad } from '../../../src/emulator/load/queue-load.ts'

export const LIMIT = 1023

const parallelism = fc.option(fc.integer({ min: 1, max: 256 }), { nil: undefined })
const serviceMicroseconds = fc.integer({ min: 20, max: 5_000 })
const coalescing = fc.option(
  fc.record({
    threshold: fc.integer({ min: 1, max: 256 }),
    microseconds: fc.integer({ min: 0, max: 255 }).map((steps) => steps * 100),
  }),
  { nil: undefined }
)

/** Offered commands in service on average: from one to more than all queues hold. */
const offered = fc.double({ min: 1, max: 5_000, noNaN: true })

const burst = fc
  .tuple(
    fc.integer({ min: 200, max: 20_000 }),
    fc.double({ min: 0.02, max: 0.9, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true })
  )
  .map(([everyMs, part, height]) => {
    const forMs = Math.max(1, Math.floor(everyMs * part))
    return { everyMs, forMs, factor: 1 + height * (everyMs / forMs - 1) }
  })

const arriving = fc
  .record({
    offered,
    serviceMicroseconds,
    parallelism,
    coalescing,
    burst: fc.option(burst, { nil: undefined }),
  })
  .map(({ offered: commands, ...rest }) => ({
    ...defined(rest),
    serviceMicroseconds: rest.serviceMicroseconds,
    arrivalsPerSecond: (commands * 1e6) / rest.serviceMicroseconds,
  }))

const fixed = fc
  .record({
    depth: fc.integer({ min: 1, max: LIMIT }),
    serviceMicroseconds,
    parallelism,
    coalescing,
  })
  .map((one) => ({
    ...defined(one),
    depth: one.depth,
    serviceMicroseconds: one.serviceMicroseconds,
  }))

const steady = fc
  .tuple(offered, serviceMicroseconds)
  .map(([commands, latencyUs]) => ({ iops: (commands * 1e6) / latencyUs, latencyUs }))

export const anyLoad: fc.Arbitrary<LoadDescription> = fc.oneof(steady, arriving, fixed)
export const anySeed = fc.integer({ min: 0, max: 2 ** 32 - 1 })
export const anyQueues = fc.integer({ min: 1, max: 8 })

/** A table with one function in it. */
export function tableOf(load: LoadDescription, queues: number, seed: number): QueueLoad {
  const table = new QueueLoad(LIMIT)
  table.enter(functionLoad(load, queues, LIMIT, seed))
  return table
}

export function total(column: ArrayLike<number>): number {
  let sum = 0
  for (let q = 0; q < column.length; q++) sum += column[q]!
  return sum
}

/** Without what is undefined, as a file would leave it out. */
function defined<T extends object>(value: T): { [K in keyof T]: NonNullable<T[K]> } {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: NonNullable<T[K]> }
}
