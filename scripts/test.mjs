/**
 * All tests from a fresh clone: installs what they need, runs every suite, and ends with one line that counts them all.
 *
 *   node scripts/test.mjs [--full] [--only=lab]
 *
 * `--full` adds suites and lets others look at more: they see TEST_SIZE=full (test/support/test-size.ts). A suite that
 * cannot run here is skipped, loudly; with CI=true a skip is a failure.
 */
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { howToInstall, provide } from './apt.mjs'
import { listenToCommand, runCommand } from './command.mjs'
import { NOTHING, countReport, inWords, sum, summary } from './reports.mjs'
import { PROJECT, SetUpError, setUp } from './set-up.mjs'
import { SUITES, UNAVAILABLE } from './suites.mjs'

const RESULTS = path.join(PROJECT, 'test-results')
const words = process.argv.slice(2)
const only = words.find((word) => word.startsWith('--only='))?.slice('--only='.length)
const full = words.includes('--full')
const environment = { ...process.env, TEST_SIZE: full ? 'full' : 'normal' }
const suites = SUITES.filter(
  ({ name, onlyFull }) => (full || !onlyFull) && (only === undefined || name.includes(only))
)

rmSync(RESULTS, { recursive: true, force: true })
mkdirSync(RESULTS)
process.exitCode = await main()

async function main() {
  try {
    refuseFullWithinFull()
    timed('set-up', setUp)
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error
    console.error(`\nthe tests cannot run: ${error.message}`)
    return conclude({ ...NOTHING, failed: 1 })
  }
  let total = NOTHING
  for (const suite of suites) {
    const count = await runSuite(suite)
    total = sum(total, count)
  }
  return conclude(total)
}

/** One of the longer tests runs this command in a clone: it would do so for ever. */
function refuseFullWithinFull() {
  if (full && process.env.TEST_WITHIN_TEST !== undefined)
    throw new SetUpError('--full within a test that --full has started')
}

/** @param {import('./reports.mjs').Count} total */
function conclude(total) {
  const skipIsFailure = process.env.CI === 'true' && total.skipped > 0
  if (total.skipped > 0)
    console.log(
      `\n${total.skipped} skipped${skipIsFailure ? ', which with CI=true is a failure' : ''}`
    )
  console.log(`\n${summary(total)}`)
  const nothing = total.passed + total.skipped === 0
  return total.failed > 0 || nothing || skipIsFailure ? 1 : 0
}

/**
 * @param {import('./suites.mjs').Suite} suite
 * @returns {Promise<import('./reports.mjs').Count>}
 */
async function runSuite(suite) {
  console.log(`\n=== ${suite.name}`)
  const missing = provide(suite.tools)
  if (missing.length > 0) return skip(suite, howToInstall(missing))
  const begun = performance.now()
  const count = (await prepare(suite)) ?? (await countOf(suite))
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  console.log(`--- ${suite.name}: ${inWords(count)} in ${seconds} s`)
  return count
}

/**
 * @param {import('./suites.mjs').Suite} suite
 * @param {string} why
 * @returns {import('./reports.mjs').Count}
 */
function skip({ name }, why) {
  console.log(`*** SKIPPED: ${name}: ${why} ***`)
  return { ...NOTHING, skipped: 1 }
}

/**
 * @param {import('./suites.mjs').Suite} suite
 * @returns {Promise<import('./reports.mjs').Count | undefined>} undefined when the suite can run
 */
async function prepare(suite) {
  if (!suite.prepare) return undefined
  const { status, said } = await listenToCommand(suite.prepare, environment)
  if (status === 0) return undefined
  if (status === UNAVAILABLE) return skip(suite, said.trim())
  console.log(`FAILED: preparing ${suite.name}: ${said.trim()}`)
  return { ...NOTHING, failed: 1 }
}

/** @param {import('./suites.mjs').Suite} suite */
function countOf(suite) {
  return suite.checks ? runChecks(suite.checks) : runRunner(suite)
}

/** @param {readonly string[]} checks */
async function runChecks(checks) {
  let count = NOTHING
  for (const check of checks) {
    const status = await runCommand(['npm', 'run', '--silent', check], environment)
    console.log(`${status === 0 ? 'passed' : 'FAILED'}: ${check}`)
    count = sum(count, { ...NOTHING, [status === 0 ? 'passed' : 'failed']: 1 })
  }
  return count
}

/** @param {import('./suites.mjs').Suite} suite */
async function runRunner(suite) {
  const report = path.join(RESULTS, `${suite.name.replaceAll(' ', '-')}.json`)
  const status = await runCommand(suite.command(report), { ...environment, REPORT: report })
  return countReport(report, status)
}

/**
 * @param {string} what
 * @param {() => void} work
 */
function timed(what, work) {
  const begun = performance.now()
  work()
  console.log(`--- ${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}
