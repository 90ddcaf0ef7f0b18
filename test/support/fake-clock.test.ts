import { expect, test } from 'vitest'
import { fakeClock } from './fake-clock.ts'

test('timers run in the order in which they are due, each at its own instant', async () => {
  const clock = fakeClock(0)
  const seen: string[] = []
  clock.after(20, () => seen.push(`b at ${clock.nowMs()}`))
  clock.after(10, () => seen.push(`a at ${clock.nowMs()}`))
  clock.after(31, () => seen.push('late'))

  await clock.advance(30)

  expect(seen).toEqual(['a at 10', 'b at 20'])
  expect(clock.monotonicMs()).toBe(30)
  expect(clock.pending()).toBe(1)
})

test('what a timer sets in motion is seen within the same advance', async () => {
  const clock = fakeClock(0)
  const seen: number[] = []
  void clock
    .sleep(10)
    .then(() => clock.sleep(10))
    .then(() => seen.push(clock.monotonicMs()))

  await clock.advance(25)

  expect(seen).toEqual([20])
})

test('every repeats until it is cancelled, also from within', async () => {
  const clock = fakeClock(0)
  const seen: number[] = []
  const stop = clock.every(10, () => {
    seen.push(clock.monotonicMs())
    if (seen.length === 3) stop()
  })

  await clock.advance(100)

  expect(seen).toEqual([10, 20, 30])
  expect(clock.pending()).toBe(0)
})

test('an aborted sleep rejects with the reason and leaves no timer', async () => {
  const clock = fakeClock(0)
  const abort = new AbortController()
  const slept = clock.sleep(10, abort.signal)

  abort.abort(new Error('enough'))

  await expect(slept).rejects.toThrow('enough')
  expect(clock.pending()).toBe(0)
  await expect(clock.sleep(10, abort.signal)).rejects.toThrow('enough')
})

test('a cancelled timer does not run', async () => {
  const clock = fakeClock(0)
  let ran = false
  const cancel = clock.after(5, () => (ran = true))

  cancel()
  await clock.advance(10)

  expect(ran).toBe(false)
})
