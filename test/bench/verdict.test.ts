/** A benchmark's rounds are judged by whether they keep the goal: all, none, or some. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'
import { spreadOf, verdictOf } from '../../bench/support/verdict.ts'

test.for([
  ['all rounds keep it', [1, 2, 3], 3, true],
  ['none does', [3.1, 4, 5], 3, false],
  ['some do', [2, 2.5, 3.1], 3, 'within-noise'],
] as const)('%s', ([, ratios, goal, verdict]) => {
  expect(verdictOf(spreadOf(ratios), goal)).toBe(verdict)
})

test('the median is that of the rounds, in whatever order they came', () => {
  expect(spreadOf([9, 1, 5.00004, 2, 7])).toEqual({ min: 1, med: 5, max: 9 })
})

test('an area that does not exist is refused with those that do', () => {
  const script = path.resolve(import.meta.dirname, '../../scripts/bench.mjs')

  const { status, stderr } = spawnSync(process.execPath, [script, 'nothing'], {
    encoding: 'utf8',
  })

  expect(status).toBe(2)
  expect(stderr).toContain('emulator')
})
