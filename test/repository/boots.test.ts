import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { PROJECT, read } from './documents.ts'

/** Each takes from 15 s to half a minute before it begins to prove something. */
const MOST_BOOTS = 8

test('the lab boots few guests: one for each file, which its tests share', () => {
  const files = readdirSync(path.join(PROJECT, 'test/lab')).filter((name) =>
    name.endsWith('.test.ts')
  )

  const boots = files.map(
    (name) => read(`test/lab/${name}`).match(/\b(openLab|bootGuest)\(/g)?.length
  )
  expect(files.length).toBeGreaterThan(3)
  expect(boots).toEqual(files.map(() => 1))
  expect(files.length).toBeLessThanOrEqual(MOST_BOOTS)
})
