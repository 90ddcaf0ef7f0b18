/**
 * How much a test looks at. `npm test` runs the normal size, `npm run test:full` the full one, which is for sweeps that take
 * too long for every change. A test without a size is the same in both; a whole suite that only the full size has is in
 * test/full.
 */
export type TestSize = 'normal' | 'full'

/** Without the test command: normal. */
export const TEST_SIZE: TestSize = process.env['TEST_SIZE'] === 'full' ? 'full' : 'normal'

/** What this size has: a number of runs, of looks, of seconds. */
export function atSize<T>(sizes: Readonly<Record<TestSize, T>>): T {
  return sizes[TEST_SIZE]
}

/**
 * All cases in the full size; in the normal one a share of them, spread evenly over their order, the first of which the seed
 * chooses. Over the seeds 0 to `of` - 1 every case comes once. A test that is not given the same seed each time must tell it
 * when it fails.
 *
 * @param of a tenth: 10
 */
export function sampleAtSize<T>(
  cases: readonly T[],
  seed: number,
  of = 10,
  size = TEST_SIZE
): readonly T[] {
  if (size === 'full') return cases
  return cases.filter((_, place) => place % of === seed % of)
}
