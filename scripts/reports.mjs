/**
 * Counts tests from what their runners reported.
 *
 * @typedef {{ readonly passed: number, readonly failed: number, readonly skipped: number }} Count
 */
import { existsSync, readFileSync } from 'node:fs'

/** @type {Count} */
export const NOTHING = { passed: 0, failed: 0, skipped: 0 }

/**
 * @param {Count} a
 * @param {Count} b
 * @returns {Count}
 */
export function sum(a, b) {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  }
}

/**
 * A suite that ended badly without saying which test failed has failed once: no report, one that counts nothing, or
 * trouble outside of tests.
 *
 * @param {string} file
 * @param {number | null} status of the runner
 * @returns {Count}
 */
export function countReport(file, status) {
  if (!existsSync(file)) return { ...NOTHING, failed: 1 }
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const count = 'numTotalTests' in report ? countVitest(report) : countOwn(report)
  const silent = count.failed === 0 && (status !== 0 || count.passed + count.skipped === 0)
  return silent ? { ...count, failed: 1 } : count
}

/** Vitest's JSON reporter. A file that could not be loaded has failed without a failed test. */
function countVitest(report) {
  const unloadable = report.testResults.filter(
    (file) =>
      file.status === 'failed' &&
      !file.assertionResults.some((test) => test.status === 'failed')
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloadable.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** Our own runners': `{ suite, passed, failed, skipped, tests }`. */
function countOwn({ passed, failed, skipped }) {
  return { passed, failed, skipped }
}

/**
 * The line that CI reads: exactly this.
 *
 * @param {Count} count
 */
export function summary({ passed, failed }) {
  return `${passed} passed, ${failed} failed`
}

/** @param {Count} count */
export function inWords(count) {
  const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`
  return `${summary(count)}${skipped}`
}
