/** Many disks are read from one table, and nobody who reads their numbers can tell. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openCounterFiles } from '../../src/kernel/counter-files.ts'
import { BLOCK_STAT, BLOCK_STAT_LENGTH } from '../../src/kernel/counters.ts'

/** As Linux 6.1 prints it: a hidden path of a multipath head has a line, and no numbers of a device. */
const TABLE = `   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
 259       0 nvme0n1 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9
   0       0 nvme0c0n1 144 1 5856 95 7 2 56 12 3 108 107 0 0 0 0 0 0
 259       1 nvme1n1 614199 49997 14161434 1069549 4334772 1048938 9007199254740991 2520677 0 337216 3704980 591657 148 41242112 62296 1085930 52457
 259       3 nvme1n1p1 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5
 259       4 nvme2n1 21 0 22 0 23 0 24 0 25 0 26 0 0 0 0 0 0
 259       5 nvme11n1 31 0 32 0 33 0 34 0 35 0 36 0 0 0 0 0 0
`
const DISKS = ['nvme11n1', 'nvme0c0n1', 'nvme1n1', 'nvme2n1'] as const

let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nvirt-disks-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

test('each disk has the numbers of its line, in its place', async () => {
  const { read } = opened(TABLE)

  expect(await read()).toEqual([
    [31, 0, 32, 0, 33, 0, 34, 0, 35, 0, 36],
    [144, 1, 5856, 95, 7, 2, 56, 12, 3, 108, 107],
    [
      614199,
      49997,
      14161434,
      1069549,
      4334772,
      1048938,
      Number.MAX_SAFE_INTEGER,
      2520677,
      0,
      337216,
      3704980,
    ],
    [21, 0, 22, 0, 23, 0, 24, 0, 25, 0, 26],
  ])
})

test('each tick reads the table anew, also where it is longer than before', async () => {
  const { read, table } = opened(TABLE)
  await read()

  const more = Array.from({ length: 300 }, (_, n) =>
    `   7 ${n} loop${n} ${n}`.padEnd(90, ' 0')
  )
  table(`${more.join('\n')}\n${TABLE.replace('nvme2n1 21 0 22', 'nvme2n1 121 0 122')}`)

  const [, , , fourth] = await read()
  expect(fourth?.slice(0, 3)).toEqual([121, 0, 122])
})

test('a disk that has left the table is unobserved, and the others are not', async () => {
  const { read, table } = opened(TABLE)
  await read()

  table(TABLE.replace(/.* nvme2n1 .*\n/, ''))
  const without = await read()
  table(TABLE)

  expect(without.map(isObserved)).toEqual([true, true, true, false])
  expect((await read()).map(isObserved)).toEqual([true, true, true, true])
})

test('counts that have fallen are of another disk: unobserved once, as to who kept a descriptor', async () => {
  const { read, table } = opened(TABLE)
  await read()

  table(TABLE.replace('nvme2n1 21 0 22', 'nvme2n1 1 0 8'))
  const once = await read()
  const [, , , fourth] = await read()

  expect(once.map(isObserved)).toEqual([true, true, true, false])
  expect(fourth?.[BLOCK_STAT.readSectors]).toBe(8)
})

test('times that begin at 0 again, as they do after seven weeks, are of the same disk', async () => {
  const { read, table } = opened(TABLE)
  await read()

  table(TABLE.replace(' 1069549 4334772', ' 4 4334772'))

  expect((await read()).map(isObserved)).toEqual([true, true, true, true])
})

test('a table that cannot be read any more leaves all unobserved until it can', async () => {
  const { read, table } = opened(TABLE)
  await read()

  table('')
  const none = await read()
  table(TABLE)

  expect(none.some(isObserved)).toBe(false)
  expect((await read()).every(isObserved)).toBe(true)
})

test.for([
  ['the table has a line for a few of many disks', TABLE.replaceAll('nvme2n1', 'nvme3n1')],
  ['it has many lines for each disk', `${TABLE}${'   7 0 loop0 0\n'.repeat(100)}`],
  ['there is no table', undefined],
] as const)('where %s, each disk has its own file', async ([, text]) => {
  const { read } = opened(text)

  expect(await read()).toEqual(DISKS.map((_, n) => ownNumbers(n)))
})

test('a few disks have their own files', async () => {
  const few = DISKS.slice(0, 3)
  const { read } = opened(TABLE, few)

  expect(await read()).toEqual(few.map((_, n) => ownNumbers(n)))
})

const isObserved = (numbers: readonly number[]) => !numbers.some(Number.isNaN)

const ownNumbers = (n: number) =>
  Array.from({ length: BLOCK_STAT_LENGTH }, (_, field) => 1000 * n + field)

/** The files of disks say something else than the table. */
function opened(text: string | undefined, disks: readonly string[] = DISKS) {
  const file = path.join(folder, 'diskstats')
  const table = (now: string) => writeFileSync(file, now)
  if (text !== undefined) table(text)
  const sources = disks.map((disk, n) => {
    mkdirSync(path.join(folder, disk))
    const own = path.join(folder, disk, 'stat')
    writeFileSync(own, `${ownNumbers(n).join(' ')} 0 0\n`)
    return { kind: 'blockStat', path: own } as const
  })
  const reader = openCounterFiles(sources, { disks: file })
  return {
    table,
    read: async () => {
      await reader.read()
      return disks.map((_, n) => [
        ...reader.values.subarray(n * BLOCK_STAT_LENGTH, (n + 1) * BLOCK_STAT_LENGTH),
      ])
    },
  }
}
