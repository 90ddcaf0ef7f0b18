import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { countReport, inWords, summary } from '../../scripts/reports.mjs'

const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-reports-'))

function report(content: object): string {
  const file = path.join(folder, `${Math.random()}.json`)
  writeFileSync(file, JSON.stringify(content))
  return file
}

const vitest = (passed: number, failed: number, testResults: readonly object[] = []) =>
  report({
    numTotalTests: passed + failed,
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: 2,
    numTodoTests: 0,
    testResults,
  })

const ours = (count: object) => report({ suite: 'browser', tests: [], ...count })

test.for([
  ['a clean run', vitest(7, 0), 0, '7 passed, 0 failed, 2 skipped'],
  ['failed tests', vitest(7, 3), 1, '7 passed, 3 failed, 2 skipped'],
  [
    'a file that could not be loaded',
    vitest(7, 0, [{ status: 'failed', assertionResults: [] }]),
    1,
    '7 passed, 1 failed, 2 skipped',
  ],
  ['trouble outside of tests', vitest(7, 0), 1, '7 passed, 1 failed, 2 skipped'],
  ['a runner that was killed', vitest(7, 0), null, '7 passed, 1 failed, 2 skipped'],
  ['a report that is missing', path.join(folder, 'none.json'), 0, '0 passed, 1 failed'],
  [
    'a report without a test',
    ours({ passed: 0, failed: 0, skipped: 0 }),
    0,
    '0 passed, 1 failed',
  ],
  [
    'a runner of our own',
    ours({ passed: 4, failed: 1, skipped: 0 }),
    1,
    '4 passed, 1 failed',
  ],
] as const)('%s counts as it should', ([, file, status, expected]) => {
  expect(inWords(countReport(file, status))).toBe(expected)
})

test('the line that CI reads has no word of what was skipped', () => {
  expect(summary({ passed: 7, failed: 3, skipped: 2 })).toBe('7 passed, 3 failed')
})
