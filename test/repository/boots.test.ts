import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { PROJECT, read } from './documents.ts'

/** Each takes from 15 s to half a minute before it begins to prove something. */
const MOST_BOOTS = 8

/** Files whose tests share more than one guest. */
const SIDE_BY_SIDE: Readonly<Record<string, number>> = { 'differential.test.ts': 2 }

test('the lab of the normal size boots few guests: one for each file, which its tests share', () => {
  const files = readdirSync(path.join(PROJECT, 'test/lab')).filter((name) =>
    name.endsWith('.test.ts')
  )

  const boots = files.map(
    (name) => read(`test/lab/${name}`).match(/\b(openLab|bootGuest)\(/g)?.length ?? 0
  )
  expect(files.length).toBeGreaterThan(3)
  expect(boots).toEqual(files.map((name) => SIDE_BY_SIDE[name] ?? 1))
  expect(boots.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(MOST_BOOTS)
})
