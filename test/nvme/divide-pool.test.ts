import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dividePools, type Sharing } from '../../src/nvme/divide-pool.ts'
import { fairShares } from '../../src/nvme/fair-shares.ts'
import { decodePrimaryCapabilities } from '../../src/nvme/primary-capabilities.ts'
import { MIN_ONLINE, type FlexiblePool } from '../../src/nvme/secondary-controller.ts'
import { atSize } from '../support/test-size.ts'
import { PRIMARY_CAPABILITIES } from './captured-pages.ts'

/** At most 8 VQ and 6 VI for one secondary; 28 and 22 are free. */
const primary = decodePrimaryCapabilities(PRIMARY_CAPABILITIES)
const FREE = { vq: 28, vi: 22 }
const EACH = { each: 1 }
const RUNS = { numRuns: atSize({ normal: 1_000, full: 50_000 }) }

function shared(vq: Sharing, count: number, pool: Partial<FlexiblePool> = {}) {
  const of = { ...primary, vq: { ...primary.vq, ...pool } }
  const division = dividePools(of, FREE, count, { vq, vi: EACH })
  return division.divided ? division.shares.map((share) => share.vq) : division.refusals
}

test.for([
  ['a fixed number', { each: 5 }, {}, [5, 5, 5]],
  ['equal weights', { weights: [1, 1, 1, 1, 1] }, {}, [6, 6, 6, 5, 5]],
  ['one by weight, up to what one may have', { weights: [1, 1, 9] }, {}, [8, 8, 8]],
  ['a maximum', { weights: [3, 1, 1], maximum: 4 }, {}, [4, 4, 4]],
  ['a weight that is worth less than one', { weights: [1000, 1, 1] }, {}, [8, 8, 8]],
  [
    'a minimum that others pay for',
    { weights: [1, 20, 20, 20], minimum: 5 },
    {},
    [5, 8, 8, 7],
  ],
  ['whole grains', { weights: [1, 1, 1, 1] }, { granularity: 3 }, [6, 6, 6, 6]],
  ['whole grains of the rest', { weights: [2, 1] }, { granularity: 4 }, [8, 8]],
] as const)('a pool is divided by %s', ([, sharing, pool, shares]) => {
  expect(shared(sharing, shares.length, pool)).toEqual(shares)
})

const asked = { resource: 'vq' } as const
test.for([
  [
    { weights: Array.from({ length: 15 }, () => 1) },
    {},
    { ...asked, refused: 'not-free', requested: 30, available: 28 },
  ],
  [
    { weights: [1, 1, 1, 1, 1, 1], minimum: 5 },
    {},
    { ...asked, refused: 'not-free', requested: 30, available: 28 },
  ],
  [{ each: 15 }, {}, { refused: 'above-secondary-maximum', requested: 15, maximum: 8 }],
  [
    { weights: [1], minimum: 9 },
    {},
    { ...asked, refused: 'above-secondary-maximum', requested: 9, maximum: 8 },
  ],
  [
    { weights: [1], minimum: 1 },
    {},
    { ...asked, refused: 'below-minimum', requested: 1, minimum: 2 },
  ],
  [
    { weights: [1], minimum: 4, maximum: 3 },
    {},
    { ...asked, refused: 'no-multiple', minimum: 4, maximum: 3, granularity: 1 },
  ],
  [
    { weights: [1], minimum: 5, maximum: 7 },
    { granularity: 4 },
    { ...asked, refused: 'no-multiple', minimum: 5, maximum: 7, granularity: 4 },
  ],
  [{ each: 3 }, { granularity: 2 }, { refused: 'granularity', requested: 3 }],
  [{ weights: [1] }, { supported: false }, { refused: 'not-flexible' }],
  [{ weights: [1] }, { total: 0 }, { refused: 'not-flexible' }],
] as const)('%o of a pool %o is refused: %o', ([sharing, pool, refusal]) => {
  const count = 'weights' in sharing ? sharing.weights.length : 1
  expect(shared(sharing, count, pool)).toMatchObject([refusal])
})

test('what is wrong with each kind is told at once', () => {
  const division = dividePools(primary, FREE, 2, { vq: { each: 9 }, vi: { each: 7 } })

  expect(division).toMatchObject({
    divided: false,
    refusals: [{ resource: 'vq' }, { resource: 'vi' }],
  })
})

type Case = {
  readonly supply: number
  readonly weights: readonly number[]
  readonly least: number
  readonly most: number
}

const anyCase = (): fc.Arbitrary<Case> =>
  fc
    .record({
      weights: fc.array(
        fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 1_000 })),
        {
          minLength: 1,
          maxLength: 40,
        }
      ),
      least: fc.integer({ min: 0, max: 20 }),
      range: fc.integer({ min: 0, max: 60 }),
      spare: fc.oneof(fc.nat(100), fc.nat(2_000)),
    })
    .map(({ weights, least, range, spare }) => ({
      weights,
      least,
      most: least + range,
      supply: least * weights.length + spare,
    }))

test('shares are within bounds, and nothing is left that could still be given', () => {
  fc.assert(
    fc.property(anyCase(), ({ supply, weights, least, most }) => {
      const shares = fairShares(supply, weights, { least, most })

      expect(Math.min(...shares)).toBeGreaterThanOrEqual(least)
      expect(Math.max(...shares)).toBeLessThanOrEqual(most)
      expect(sum(shares)).toBe(Math.min(supply, most * weights.length))
    }),
    RUNS
  )
})

test('a share is less than one away from what its weight is worth', () => {
  fc.assert(
    fc.property(anyCase(), ({ supply, weights, least, most }) => {
      const shares = fairShares(supply, weights, { least, most })
      const ideal = idealShares({ supply, weights, least, most })

      for (const [at, share] of shares.entries())
        expect(Math.abs(share - (ideal[at] ?? NaN))).toBeLessThan(1 + 1e-6)
    }),
    RUNS
  )
})

test('more weight never gives less: next to others, and next to what it was', () => {
  fc.assert(
    fc.property(
      anyCase(),
      fc.nat(),
      fc.integer({ min: 1, max: 50 }),
      (one, which, more) => {
        const { supply, weights, ...bounds } = one
        const shares = fairShares(supply, weights, bounds)
        const at = which % weights.length
        const heavier = weights.map((weight, other) =>
          other === at ? weight + more : weight
        )
        const after = fairShares(supply, heavier, bounds)

        for (const [a, weight] of weights.entries())
          for (const [b, other] of weights.entries())
            if (weight > other) expect(shares[a]).toBeGreaterThanOrEqual(shares[b] ?? NaN)
        expect(after[at]).toBeGreaterThanOrEqual(shares[at] ?? NaN)
      }
    ),
    RUNS
  )
})

test('a division fits the pool and its granularity, whatever the drive', () => {
  const pools = fc.record({
    total: fc.integer({ min: 1, max: 2_000 }),
    maxPerSecondary: fc.integer({ min: 0, max: 200 }),
    granularity: fc.integer({ min: 0, max: 9 }),
  })
  const weights = fc.array(fc.integer({ min: 1, max: 1_000 }), {
    minLength: 1,
    maxLength: 30,
  })
  const bound = fc.option(fc.integer({ min: 2, max: 60 }), { nil: undefined })
  fc.assert(
    fc.property(pools, weights, bound, bound, (pool, by, minimum, maximum) => {
      const vq = { ...primary.vq, ...pool, primary: 0, assigned: 0 }
      const sharing = {
        weights: by,
        ...(minimum !== undefined && { minimum }),
        ...(maximum !== undefined && { maximum }),
      }
      const division = dividePools(
        { ...primary, vq, vi: { ...vq, granularity: 1, maxPerSecondary: 1, total: 30 } },
        { vq: pool.total, vi: 30 },
        by.length,
        { vq: sharing, vi: { each: 1 } }
      )
      const grain = Math.max(1, pool.granularity)
      const most = Math.min(maximum ?? Infinity, pool.maxPerSecondary)
      const least = minimum ?? MIN_ONLINE.vq
      const inGrains = (count: number) => Math.floor(count / grain) * grain
      const fits =
        -inGrains(-least) <= inGrains(most) &&
        -inGrains(-least) * by.length <= pool.total &&
        least <= most
      expect(division.divided).toBe(fits)
      if (!division.divided) return
      const shares = division.shares.map((share) => share.vq)
      expect(shares.filter((share) => share % grain !== 0)).toEqual([])
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(least)
      expect(Math.max(...shares)).toBeLessThanOrEqual(most)
      expect(sum(shares)).toBe(Math.min(inGrains(pool.total), inGrains(most) * by.length))
    }),
    RUNS
  )
})

/** In reals, by bisection: what one unit of weight is worth, where all that can be given is. */
function idealShares({ supply, weights, least, most }: Case): readonly number[] {
  const given = (worth: number) =>
    weights.map((weight) => Math.min(most, Math.max(least, weight * worth)))
  let [low, high] = [0, Math.max(most, 1)]
  for (let round = 0; round < 100; round++) {
    const middle = (low + high) / 2
    if (sum(given(middle)) > supply) high = middle
    else low = middle
  }
  return given(low)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((so, number) => so + number, 0)
}
