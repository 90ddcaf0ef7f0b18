import { defineConfig } from 'vitest/config'

/** Suites that only the full size has. One file after the other: each wants the machine for itself. */
const config = defineConfig({
  test: {
    include: ['test/full/**/*.test.ts'],
    fileParallelism: false,
    pool: 'forks',
  },
})

// oxlint-disable-next-line no-default-export -- vitest loads the default export
export default config
