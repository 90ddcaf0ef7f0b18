import { setImmediate, setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { systemClock } from '../src/clock.ts'

function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test('repeats that are due at once keep nobody else waiting for all of them', async () => {
  const [MANY, WORK_MS] = [100, 2]
  let turn = 0
  const turns: number[] = []
  const ends = Array.from({ length: MANY }, () =>
    systemClock.every(10, () => {
      turns.push(turn)
      busy(WORK_MS)
    })
  )
  while (turns.length < 4 * MANY) {
    turn += 1
    await setImmediate()
  }
  for (const end of ends) end()

  const most = Math.max(...turns.map((turn) => turns.filter((one) => one === turn).length))
  expect(most).toBeLessThanOrEqual(11)
  expect(new Set(turns).size).toBeGreaterThanOrEqual(turns.length / 11)
})

/** A timer may come so much before its time. */
const EARLY_MS = 2

test('a repeat that was kept waiting runs once for all that it has missed, and then when it would have', async () => {
  const MS = 40
  const begun = performance.now()
  const periods: number[] = []
  const end = systemClock.every(MS, () =>
    periods.push(Math.floor((performance.now() + EARLY_MS - begun) / MS))
  )
  busy(5.5 * MS)
  while (periods.length < 6) await setTimeout(1)
  end()
  const runs = periods.length
  await setTimeout(3 * MS)

  expect(periods[0]).toBeGreaterThanOrEqual(5)
  expect(periods).toEqual([...new Set(periods)])
  expect(periods.length).toBe(runs)
})
