import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PROJECT, read } from './documents.ts'

/** With CI=true the test command counts a skipped test as a failure: what a size does not have is not registered in it. */
test('no test is skipped by a switch in its file', () => {
  const files = readdirSync(`${PROJECT}/test`, {
    recursive: true,
    encoding: 'utf8',
  }).filter((name) => name.endsWith('.test.ts'))

  const skipping = files.filter((name) =>
    /\.(skip|skipIf|runIf|todo)\b[(.]/.test(read(`test/${name}`))
  )

  expect(files.length).toBeGreaterThan(100)
  expect(skipping).toEqual([])
})
