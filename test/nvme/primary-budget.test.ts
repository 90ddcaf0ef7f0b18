import { expect, test } from 'vitest'
import { decodePrimaryCapabilities } from '../../src/nvme/primary-capabilities.ts'
import { refusalsOfPrimary } from '../../src/nvme/primary-budget.ts'
import { PRIMARY_CAPABILITIES } from './captured-pages.ts'

/** 32 VQ and 24 VI, of which secondaries have 4 and 2; 3 VQ and 9 VI are private. */
const primary = decodePrimaryCapabilities(PRIMARY_CAPABILITIES)
const coarse = { ...primary, vq: { ...primary.vq, granularity: 5 } }
const poor = { ...primary, vq: { ...primary.vq, private: 1 } }
const rigid = { ...primary, vi: { ...primary.vi, supported: false } }

test.for([
  ['nothing', primary, { vq: 0, vi: 0 }],
  ['all that secondaries leave', primary, { vq: 28, vi: 22 }],
  ['whole grains', coarse, { vq: 25, vi: 0 }],
  ['none of what is not flexible', rigid, { vq: 1, vi: 0 }],
  ['one I/O queue pair besides its private admin queue', poor, { vq: 1, vi: 0 }],
] as const)('a primary may have %s', ([, of, wanted]) => {
  expect(refusalsOfPrimary(of, wanted)).toEqual([])
})

test.for([
  [
    primary,
    { vq: 33, vi: 0 },
    { resource: 'vq', refused: 'above-total', requested: 33, maximum: 32 },
  ],
  [
    primary,
    { vq: 29, vi: 0 },
    { resource: 'vq', refused: 'not-free', requested: 29, available: 28 },
  ],
  [
    primary,
    { vq: 0, vi: 23 },
    { resource: 'vi', refused: 'not-free', requested: 23, available: 22 },
  ],
  [
    coarse,
    { vq: 7, vi: 0 },
    { resource: 'vq', refused: 'granularity', requested: 7, granularity: 5 },
  ],
  [rigid, { vq: 0, vi: 1 }, { resource: 'vi', refused: 'not-flexible', requested: 1 }],
  [
    poor,
    { vq: 0, vi: 0 },
    { resource: 'vq', refused: 'below-minimum', requested: 0, minimum: 1 },
  ],
] as const)('%o may not have %o: %o', ([of, wanted, refusal]) => {
  expect(refusalsOfPrimary(of, wanted)).toEqual([refusal])
})

test('both kinds are refused at once', () => {
  const refusals = refusalsOfPrimary(primary, { vq: 33, vi: 25 })

  expect(refusals.map(({ resource }) => resource)).toEqual(['vq', 'vi'])
})
