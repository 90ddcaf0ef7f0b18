/** Whatever the load: every command has a latency, and all of them together what the queue sums up. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { functionLoad } from '../../../src/emulator/load/function-load.ts'
import { POWERS, latencySpread } from '../../../src/emulator/load/latency-spread.ts'
import { QueueLoad } from '../../../src/emulator/load/queue-load.ts'
import { anyLoad, anySeed, LIMIT, total } from './any-load.ts'

const steps = fc.array(fc.integer({ min: 1, max: 100_000 }), {
  minLength: 1,
  maxLength: 20,
})

test('latencies by powers of two are as many as the commands, and enclose their sum', () => {
  fc.assert(
    fc.property(anyLoad, steps, anySeed, (description, all, seed) => {
      const load = functionLoad(description, 2, LIMIT, seed)
      const table = new QueueLoad(LIMIT)
      table.enter(load)
      const spread = latencySpread(load)
      const counts = new Float64Array(POWERS)
      let [now, seen] = [0, 0]

      for (const step of all) {
        table.advanceTo(now + step)
        const completed = table.columns.completions[0]!
        spread.add(0, completed - seen, now, now + step, counts, 0)
        now += step
        seen = completed
      }

      const mostMs = counts.reduce(
        (sum, count, power) => sum + (count * 2 ** power) / 1000,
        0
      )
      const summed = table.columns.latencyMs[0]!
      expect(total(counts)).toBe(seen)
      expect(counts.every((count) => count >= 0)).toBe(true)
      // Commands are whole, and in the middle of a slot noise has put some before or behind their time.
      const { cycle, weighedMs } = load
      const topMs = cycle ? cycle.lowMs + cycle.riseMs : weighedMs[0]!
      const slackMs = (NOISE_MS * load.rates[0]! + 2) * topMs
      // Microseconds are whole too.
      expect(summed).toBeLessThanOrEqual(mostMs + slackMs + seen / 1000)
      expect(summed).toBeGreaterThanOrEqual(mostMs / 2 - slackMs)
    })
  )
})

/** Of a slot of 2048 ms, with the noise of a load in bursts, 0.03: see advance.ts. */
const NOISE_MS = (0.03 * 2048) / 4
