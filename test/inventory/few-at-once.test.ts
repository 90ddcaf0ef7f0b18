/** How much of a work is under way at once. */
import { expect, test } from 'vitest'
import { fewAtOnce } from '../../src/inventory/few-at-once.ts'
import { fakeClock } from '../support/fake-clock.ts'

const COUNTED_MS = 50

/** Two at once; `ends` are those of what is under way. */
function works() {
  const clock = fakeClock()
  const inTurn = fewAtOnce(clock, 2, COUNTED_MS)
  const begun: number[] = []
  const ends: (() => void)[] = []
  const ask = (number: number) =>
    inTurn(() => {
      begun.push(number)
      return new Promise<number>((resolve) => ends.push(() => resolve(number)))
    })
  return { clock, inTurn, begun, ends, ask }
}

test('what is asked for beyond the most waits for its turn, in order', async () => {
  const { clock, begun, ends, ask } = works()
  const asked = [1, 2, 3, 4].map(ask)

  await clock.advance(0)
  const atFirst = [...begun]
  ends.shift()?.()
  await clock.advance(0)
  const afterOne = [...begun]
  while (ends.length > 0) {
    ends.shift()?.()
    await clock.advance(0)
  }

  expect([atFirst, afterOne, begun]).toEqual([
    [1, 2],
    [1, 2, 3],
    [1, 2, 3, 4],
  ])
  expect(await Promise.all(asked)).toEqual([1, 2, 3, 4])
})

test('what takes its time lets others begin, and no more of them when it ends', async () => {
  const { clock, begun, ends, ask } = works()
  const asked = [1, 2, 3, 4, 5].map(ask)

  await clock.advance(COUNTED_MS)
  const afterAWhile = [...begun]
  ends.shift()?.()
  await clock.advance(0)
  const afterOneEnded = [...begun]
  await clock.advance(COUNTED_MS)
  for (const end of ends) end()

  expect([afterAWhile, afterOneEnded, begun]).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
    [1, 2, 3, 4, 5],
  ])
  expect(await Promise.all(asked)).toEqual([1, 2, 3, 4, 5])
})

test('what fails gives its place away, and tells why', async () => {
  const { clock, inTurn, begun, ends, ask } = works()
  const failing = [1, 2].map(() => inTurn(() => Promise.reject(new Error('no'))))
  const asked = ask(3)

  const failed = await Promise.allSettled(failing)
  await clock.advance(0)
  ends.shift()?.()

  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await asked).toBe(3)
  expect(begun).toEqual([3])
})
