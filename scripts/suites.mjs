/**
 * The suites of the test command, in the order in which they run: the cheap ones first. Each is a command that writes a
 * report, or a check whose exit status is its whole result.
 *
 * @typedef {{
 *   readonly name: string,
 *   readonly tools: readonly import('./apt.mjs').Tool[],
 *   readonly onlyFull?: boolean,
 *   readonly checks?: readonly string[],
 *   readonly command?: (report: string) => readonly string[],
 *   readonly prepare?: readonly string[],
 * }} Suite
 *
 * `prepare` runs before the command. With UNAVAILABLE the suite is skipped, for the reason that it prints; with any other
 * status but 0 it has failed.
 */
import { BROWSER_TOOLS, CLONE_TOOLS, LAB_TOOLS } from './apt.mjs'

/** EX_UNAVAILABLE of sysexits.h: something that only the network has cannot be had. */
export const UNAVAILABLE = 69

/** @type {readonly Suite[]} */
export const SUITES = [
  // Scripts of package.json. The database check is a test of the unit suite.
  {
    name: 'static',
    tools: [],
    checks: ['fmt:check', 'lint', 'typecheck', 'openapi:check'],
  },
  {
    name: 'unit and emulator',
    tools: [],
    command: (report) => vitest(report),
  },
  {
    name: 'browser',
    tools: BROWSER_TOOLS,
    command: () => ['node', '--import', 'tsx', 'test/browser/run.ts'],
  },
  {
    name: 'lab',
    tools: LAB_TOOLS,
    prepare: ['node', '--import', 'tsx', 'test/lab/prepare.ts'],
    command: (report) => vitest(report, '--config', 'test/lab/vitest.config.ts'),
  },
  {
    name: 'full',
    onlyFull: true,
    tools: [...CLONE_TOOLS, ...BROWSER_TOOLS],
    command: (report) => vitest(report, '--config', 'test/full/vitest.config.ts'),
  },
]

/**
 * @param {string} report
 * @param {readonly string[]} words
 */
function vitest(report, ...words) {
  const output = ['--reporter=default', '--reporter=json', `--outputFile=${report}`]
  return ['node', 'node_modules/vitest/vitest.mjs', 'run', ...words, ...output]
}
