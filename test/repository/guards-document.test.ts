/** docs/guards.md against the code: its rows, the tests that it names, and the names of what is refused. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ALLOWED } from '../../src/kernel/admin-ioctl.ts'
import { PROJECT, read } from './documents.ts'

const text = read('docs/guards.md')
const ROWS = 46

const rows = text
  .split(/^### /m)
  .slice(1)
  .map((section) => ({
    number: Number(/^\d+/.exec(section)?.[0]),
    codes: codesOf(/^- Code: (.*)$/m.exec(section)?.[1] ?? ''),
    isRefused: /^- Code: /m.test(section),
    cannotOccur: /^- Cannot occur: \S/m.test(section),
    isWhole: /^- Decided on: \S/m.test(section) && /^- Do: \S/m.test(section),
    shown: /^- Shown by: /m.test(section),
  }))

function codesOf(line: string): readonly string[] {
  return [...line.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => code)
}

test('there are 46 rows, each of them once', () => {
  const numbers = rows.map(({ number }) => number).toSorted((a, b) => a - b)

  expect(numbers).toEqual(Array.from({ length: ROWS }, (_, at) => at + 1))
})

test('the commands that leave the process are the ones that it says', () => {
  const told = /commands leave the process: (.*)$/m.exec(text)?.[1]?.split(', ') ?? []

  expect(told.toSorted()).toEqual([...ALLOWED.values()].toSorted())
})

test('each row is refused by a name, or says why it cannot occur, and has a test', () => {
  const bad = rows.filter(
    ({ isRefused, cannotOccur, isWhole, shown }) =>
      isRefused === cannotOccur || (isRefused && !isWhole) || !shown
  )

  expect(bad.map(({ number }) => number)).toEqual([])
})

test('every test that is named exists under that name', () => {
  const named = [...text.matchAll(/`(test\/[^`]+)`: “([^”]+)”/g)]
  const missing = named.filter(([, file = '', name = '']) => {
    return !existsSync(path.join(PROJECT, file)) || !read(file).includes(`'${name}'`)
  })

  expect(named.length).toBeGreaterThan(ROWS)
  expect(missing.map(([line]) => line)).toEqual([])
})

test('every check of the code is named, and no name that the code does not have', () => {
  const checks = [
    ...namesIn('src/workflows', /\bcheck: |\brefusal\(fn, /),
    ...namesIn('src/workflows/guards', /^\s+check,/),
  ]
  const kinds = [
    ...namesIn('src/api', /^ {2}'?[a-z-]+'?: \{ ?(status|$)/),
    ...namesIn('src/host', /kind: /),
    'invalid',
    'conflict',
  ]
  const named = rows.flatMap(({ codes }) => codes)

  expect(checks.length).toBeGreaterThan(30)
  expect(checks.filter((check) => !text.includes(`\`${check}\``))).toEqual([])
  expect(named.filter((code) => ![...checks, ...kinds].includes(code))).toEqual([])
})

test('the driver writes these files of the kernel, and no other', () => {
  const lines = linesOf('src/linux')
  const writes = lines.filter((line) => line.includes("call: 'write'"))
  const attributes = linesOf('src/linux/change').flatMap(
    (line) => /attributePath\([^']*'([a-z_]+)'\)/.exec(line)?.[1] ?? []
  )

  expect(writes.length).toBeGreaterThan(5)
  expect([...new Set(attributes)].toSorted()).toEqual([
    'driver_override',
    'reset',
    'sriov_drivers_autoprobe',
    'sriov_numvfs',
  ])
  const paths = writes.map((line) => /path(?:: (\w+)|,)/.exec(line)?.[1] ?? 'path')
  expect([...new Set(paths)].toSorted()).toEqual([
    'DRIVERS_PROBE',
    'attributePath',
    'driverPath',
    'path',
  ])
})

test('nothing in the driver starts a program', () => {
  const lines = [...linesOf('src/linux'), ...linesOf('src/workflows')]

  expect(lines.length).toBeGreaterThan(1_000)
  expect(lines.filter((line) => line.includes('child_process'))).toEqual([])
})

function linesOf(folder: string): readonly string[] {
  const from = path.join(PROJECT, folder)
  return readdirSync(from, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => readFileSync(path.join(from, file), 'utf8').split('\n'))
}

function namesIn(folder: string, line: RegExp): readonly string[] {
  const names = linesOf(folder)
    .filter((each) => line.test(each))
    .flatMap((each) => each.match(/(?<=')[a-z]+(?:-[a-z]+)+(?=')/g) ?? [])
  return [...new Set(names)]
}
