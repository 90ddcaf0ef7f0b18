/** Ids are UUIDs of version 7, each later than the one before. */
import { version } from 'uuid'
import { expect, test } from 'vitest'
import { newId } from '../src/new-id.ts'

test('ids ascend, also within a millisecond and while the clock is set back', () => {
  const times = [1000, 1000, 1001, 999, 1001, 2000]
  const ids = Array.from({ length: 6000 }, (_, n) => newId(4e12 + times[n % 6]! + n))

  expect(ids).toEqual(ids.toSorted())
  expect(new Set(ids).size).toBe(ids.length)
})

test('an id is a UUID of version 7 and begins with the time of its making', () => {
  const nowMs = 5e12
  const id = newId(nowMs)

  expect(version(id)).toBe(7)
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(nowMs)
})

test('chance is not given twice', () => {
  const tails = Array.from({ length: 10_000 }, () => newId().slice(24))

  expect(new Set(tails).size).toBe(tails.length)
})
