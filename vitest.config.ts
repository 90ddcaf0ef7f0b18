import { defineConfig } from 'vitest/config'

/** Unit and emulator suites. The lab, the browser and the full size have runners of their own (scripts/suites.mjs). */
const config = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**', 'test/browser/**', 'test/full/**', 'node_modules/**'],
    testTimeout: 20_000,
    pool: 'forks',
  },
})

// oxlint-disable-next-line no-default-export -- vitest loads the default export
export default config
