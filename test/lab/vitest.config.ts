import { defineConfig } from 'vitest/config'

/** The lab: one file after the other, since each boots a guest of four emulated CPUs. */
const config = defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
})

// oxlint-disable-next-line no-default-export -- vitest loads the default export
export default config
