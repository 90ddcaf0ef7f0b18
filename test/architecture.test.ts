import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const SRC = path.resolve(import.meta.dirname, '../src')
const EVERYBODYS = ['errors', 'clock']
const GENERATED_CLIENT = path.join('..', 'test', 'client', 'schema.ts')

type Import = {
  readonly file: string
  readonly from: string
  readonly to: string
  readonly specifier: string
}

test('no import goes against the arrows', () => {
  const allowed = arrows()
  const against = imports().filter(
    ({ from, to }) =>
      from !== to &&
      from !== 'main' &&
      !EVERYBODYS.includes(to) &&
      !allowed.get(from)?.includes(to)
  )

  expect(sourceFiles().length, 'the test must see the sources').toBeGreaterThan(30)
  expect(against.map(inWords), 'see the table in src/README.md').toEqual([])
})

test('only store/ imports Prisma or the SQLite driver', () => {
  const outside = sourceFiles()
    .filter((file) => roomOf(file) !== 'store')
    .filter((file) =>
      /from '(@prisma\/[^']+|better-sqlite3|[^']*generated[^']*)'/.test(read(file))
    )

  expect(outside).toEqual([])
})

test('only linux/, kernel/, emulator/ and capture/ know a path of sysfs', () => {
  const knowing = ['linux', 'kernel', 'emulator', 'capture']
  const outside = sourceFiles()
    .filter((file) => !knowing.includes(roomOf(file)))
    .filter((file) => /['`"]\/sys\//.test(read(file)))

  expect(outside).toEqual([])
})

test('time passes only through the clock', () => {
  const allowed = ['clock.ts']
  const outside = sourceFiles()
    .filter((file) => !allowed.includes(file))
    .filter((file) =>
      /\b(Date\.now|setTimeout|setInterval)\(|new Date\(\)/.test(
        withoutComments(read(file))
      )
    )

  expect(outside, 'take a Clock instead').toEqual([])
})

test('every room has a README of fewer than thirty lines', () => {
  const rooms = [
    ...new Set(
      sourceFiles()
        .filter((file) => file.includes('/'))
        .map(roomOf)
    ),
  ]
  const bad = rooms.filter(
    (room) => readmeLines(room) === undefined || readmeLines(room)! >= 30
  )

  expect(rooms.length).toBeGreaterThan(10)
  expect(bad).toEqual([])
})

/** The table in src/README.md: room to the rooms that it may import. */
function arrows(): Map<string, string[]> {
  const rows = read('README.md').matchAll(/^\| (\w+) +\|[^|]*\| ([^|]*)\|$/gm)
  return new Map(
    [...rows].map(([, room = '', to = '']) => [
      room,
      to.trim().split(/, */).filter(Boolean),
    ])
  )
}

function imports(): Import[] {
  return sourceFiles().flatMap((file) =>
    [...withoutComments(read(file)).matchAll(/(?:from|import\(|import) ?'(\.[^']+)'/g)].map(
      ([, specifier = '']) => ({
        file,
        from: roomOf(file),
        to: roomOf(path.relative(SRC, path.resolve(SRC, path.dirname(file), specifier))),
        specifier,
      })
    )
  )
}

function inWords({ file, specifier, from, to }: Import): string {
  return `src/${file} imports ${specifier}: ${from} may not see ${to}`
}

/** Top-level files that are no room of their own belong to main; `client` is the API's types as every client has them. */
function roomOf(file: string): string {
  if (file === GENERATED_CLIENT) return 'client'
  const [first = '', second] = file.split(path.sep)
  if (second !== undefined || EVERYBODYS.includes(first.replace(/\.ts$/, '')))
    return first.replace(/\.ts$/, '')
  return 'main'
}

function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
    .toSorted()
}

function read(file: string): string {
  return readFileSync(path.join(SRC, file), 'utf8')
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
}

function readmeLines(room: string): number | undefined {
  try {
    return read(path.join(room, 'README.md')).split('\n').length
  } catch {
    return undefined
  }
}
