import { defineConfig } from 'vitest/config'
import { atSize } from '../support/test-size.ts'

/** The lab: one file after the other, since each boots a guest of four emulated CPUs. */
const config = defineConfig({
  test: {
    include: atSize({
      normal: ['test/lab/*.test.ts'],
      full: ['test/lab/*.test.ts', 'test/lab/full/*.test.ts'],
    }),
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
})

// oxlint-disable-next-line no-default-export -- vitest loads the default export
export default config
