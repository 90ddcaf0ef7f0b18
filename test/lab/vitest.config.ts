import { configDefaults, defineConfig } from 'vitest/config'
import { atSize } from '../support/test-size.ts'

/** Until what the full run finds is mended: a random command may hang a guest. */
const ONLY_FULL = ['test/lab/differential.test.ts']

/** The lab: one file after the other, since each boots a guest of four emulated CPUs. */
const config = defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...atSize({ normal: ONLY_FULL, full: [] })],
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
})

// oxlint-disable-next-line no-default-export -- vitest loads the default export
export default config
