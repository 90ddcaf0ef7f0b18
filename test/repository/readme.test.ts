import { statSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { CONFIGURATION } from '../../src/config.ts'
import {
  PROJECT,
  apiPaths,
  clonedPaths,
  fencedBlocks,
  packageFile,
  read,
  tableRows,
} from './documents.ts'

const readme = read('README.md')

test('the first two blocks are a command each: one runs the main job, one passes the tests', () => {
  const [runs, tests] = fencedBlocks(readme, 'sh')

  expect(runs).toBe('node scripts/run.mjs\n')
  expect(clonedPaths()).toContain('scripts/run.mjs')
  expect(tests).toBe('npm test\n')
  expect(packageFile().scripts['test']).toBe('node scripts/test.mjs')
  expect(clonedPaths()).toContain('scripts/test.mjs')
})

test('CI calls the same command as the second block', () => {
  const script = read('.ci/run')

  const command = script.split('\n').findLast((line) => line.trim() !== '')
  expect(command).toContain('exec npm test')
  expect(statSync(path.join(PROJECT, '.ci/run')).mode & 0o111).toBe(0o111)
})

test('the configuration table is the one that the service reads', () => {
  const rows = tableRows(readme, 'variable')

  const expected = CONFIGURATION.map((row) => [
    `\`${row.variable}\``,
    row.default === '' ? '' : `\`${row.default}\``,
    row.meaning,
  ])
  expect(rows).toEqual(expected)
})

test('every linked file, folder and npm script is in a clone', () => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? '')
  const folders = tableRows(readme, 'folder').map(([cell = '']) =>
    cell.replaceAll(/[`/]/g, '')
  )
  const scripts = [...readme.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? '')

  expect(links.length).toBeGreaterThan(3)
  expect(folders.length).toBeGreaterThan(3)
  expect(scripts.length).toBeGreaterThan(2)
  const cloned = clonedPaths()
  expect([...links, ...folders].filter((file) => !cloned.has(file))).toEqual([])
  expect(scripts.filter((name) => !(name in packageFile().scripts))).toEqual([])
})

test('every call of the API that it shows exists', () => {
  const shown = [...readme.matchAll(/127\.0\.0\.1:8420(\/v1\/[^\s"'?]*)/g)].map((match) =>
    (match[1] ?? '').replaceAll(/\$[A-Z]+/g, '{}')
  )

  const offered = apiPaths().map((known) => known.replaceAll(/\{\w+\}/g, '{}'))
  expect(shown.length).toBeGreaterThan(4)
  expect(shown.filter((call) => !offered.includes(call))).toEqual([])
})
