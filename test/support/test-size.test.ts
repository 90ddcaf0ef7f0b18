import { expect, test } from 'vitest'
import { sampleAtSize } from './test-size.ts'

const cases = Array.from({ length: 23 }, (_, number) => number)

test('the full size has all cases', () => {
  expect(sampleAtSize(cases, 4, 10, 'full')).toEqual(cases)
})

test('the normal size has a share of them, and all seeds together have each case once', () => {
  const seeds = Array.from({ length: 10 }, (_, seed) => seed)

  const samples = seeds.map((seed) => sampleAtSize(cases, seed, 10, 'normal'))

  expect(samples[4]).toEqual([4, 14])
  expect(samples.flat().toSorted((a, b) => a - b)).toEqual(cases)
})
