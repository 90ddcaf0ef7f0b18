import { appendFileSync, copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Archive } from '../../../src/telemetry/history/archive.ts'
import { temporaryFolder } from '../../store/temporary-store.ts'
import { atSize } from '../../support/test-size.ts'
import { controller, counts, firstMetric, minuteRow } from './archived.ts'

const DAY = 24 * 60
const MONTH_MS = 30 * DAY * 60_000
/** A file system that takes a while to make each write durable. */
const LONG = { timeout: 120_000 }
const ALL = { fromMinute: 0, toMinute: 2 ** 31 }

const opened = (folder: string, budgetBytes = 2 ** 24) =>
  Archive.open({ folder, budgetBytes, keepMs: MONTH_MS })

const bytesIn = (folder: string) =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0)

test('what was written is read back, of its series alone, also by the next process', async () => {
  const folder = temporaryFolder()
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          id: fc.integer({ min: 0, max: 300 }),
          minute: fc.integer({ min: 1000, max: 1010 }),
          value: fc.float({ noDefaultInfinity: true }).map((value) => value + 0), // no -0
        }),
        { maxLength: 60 }
      ),
      fc.integer({ min: 1, max: 5 }),
      async (written, writes) => {
        const inFolder = path.join(folder, String(Math.random()))
        const unique = new Map(written.map((row) => [`${row.id} ${row.minute}`, row]))
        const rows = [...unique.values()].map(({ id, minute, value }) =>
          minuteRow(controller(`c${id}`), minute, value)
        )
        const archive = await opened(inFolder)
        for (let i = 0; i < writes; i++) {
          await archive.write(rows.filter((_, n) => n % writes === i))
        }
        const size = archive.bytes
        await archive.close()

        const again = await opened(inFolder)
        expect(again.bytes).toBe(size)
        for (const id of new Set(written.map((row) => row.id))) {
          const expected = [...unique.values()]
            .filter((row) => row.id === id)
            .map(({ minute, value }) => [minute, value])
            .toSorted(([a = 0], [b = 0]) => a - b)
          const found = await again.read(controller(`c${id}`), ALL)
          expect(firstMetric(found)).toEqual(expected)
        }
        await again.close()
      }
    ),
    { numRuns: atSize({ normal: 15, full: 300 }) }
  )
})

test('latencies that nobody saw are none, and those that were seen are told to the command', async () => {
  const archive = await opened(temporaryFolder())
  const seen = counts((b) => b * 1_000_003)
  await archive.write([
    minuteRow(controller('a'), 5, 1, seen),
    minuteRow(controller('a'), 6, 1),
    minuteRow({ scope: 'queue', id: 'a', qid: 1 }, 5, 3, seen),
  ])

  const [first, second] = await archive.read(controller('a'), ALL)
  const [queue] = await archive.read({ scope: 'queue', id: 'a', qid: 1 }, ALL)

  expect(first?.latency).toEqual(seen)
  expect(second?.latency).toBeNull()
  expect([queue?.latency, queue?.mean.length]).toEqual([seen, 3])
  await archive.close()
})

test('the two parts of a minute on both sides of a restart are one', async () => {
  const folder = temporaryFolder()
  const before = await opened(folder)
  await before.write([
    minuteRow(
      controller('a'),
      5,
      2,
      counts(() => 1)
    ),
  ])
  await before.close()
  const archive = await opened(folder)
  await archive.write([
    minuteRow(
      controller('a'),
      5,
      4,
      counts(() => 2)
    ),
  ])

  const found = await archive.read(controller('a'), ALL)

  expect(firstMetric(found)).toEqual([[5, 3]])
  expect(found[0]?.latency).toEqual(counts(() => 3))
  await archive.close()
})

test('a file cut at any byte loses only its tail, and is written on', LONG, async () => {
  const folder = temporaryFolder()
  const archive = await opened(folder)
  const ends: number[] = []
  for (let minute = 0; minute < 6; minute++) {
    await archive.write([
      minuteRow(
        controller('a'),
        minute,
        minute,
        counts(() => minute)
      ),
      minuteRow(controller(`only-${minute}`), minute, minute),
    ])
    ends.push(archive.bytes)
  }
  await archive.close()
  const [name = ''] = readdirSync(folder)
  const file = path.join(folder, name)
  const step = atSize({ normal: 37, full: 1 })
  const offset = Math.floor(Math.random() * step)

  for (let cut = offset; cut <= statSync(file).size; cut += step) {
    const cutFolder = temporaryFolder()
    copyFileSync(file, path.join(cutFolder, name))
    truncateSync(path.join(cutFolder, name), cut)
    const left = await opened(cutFolder)
    const whole = ends.filter((end) => end <= cut).length
    const found = firstMetric(await left.read(controller('a'), ALL))
    // Of the minute that was cut a record may be whole.
    expect(found.slice(0, whole), `cut at ${cut}`).toEqual(minutesTo(whole))
    expect(found.length, `cut at ${cut}`).toBeLessThanOrEqual(whole + 1)

    await left.write([minuteRow(controller('a'), 90, 90)])
    expect(firstMetric(await left.read(controller('a'), ALL)).at(-1)).toEqual([90, 90])
    await left.close()
  }
})

test('a spoilt byte loses what comes after it in its file, and nothing is made up', async () => {
  const folder = temporaryFolder()
  const archive = await opened(folder)
  for (let minute = 0; minute < 4; minute++) {
    await archive.write([minuteRow(controller('a'), minute, minute)])
  }
  await archive.close()
  const file = path.join(folder, readdirSync(folder)[0] ?? '')
  const bytes = readFileSync(file)
  for (let at = 8; at < bytes.length; at += atSize({ normal: 23, full: 1 })) {
    const spoilt = Buffer.from(bytes)
    spoilt[at] = (spoilt[at] ?? 0) ^ 0xff
    const spoiltFolder = temporaryFolder()
    writeFileSync(path.join(spoiltFolder, path.basename(file)), spoilt)

    const left = await opened(spoiltFolder)
    const found = firstMetric(await left.read(controller('a'), ALL))
    expect(found, `byte ${at}`).toEqual(minutesTo(found.length))
    expect(found.length).toBeLessThan(4)
    await left.close()
  }
})

test('the budget is never exceeded, and the oldest goes first', async () => {
  const folder = temporaryFolder()
  const budget = 256 * 1024
  const archive = await opened(folder, budget)
  const fleet = Array.from({ length: 150 }, (_, i) => controller(`controller-${i}`))
  for (let minute = 0; minute < 60; minute++) {
    await archive.write(fleet.map((key) => minuteRow(key, minute, minute)))
    expect(bytesIn(folder)).toBe(archive.bytes)
    expect(bytesIn(folder)).toBeLessThanOrEqual(budget)
  }

  const left = firstMetric(await archive.read(fleet[3] ?? controller(''), ALL))

  expect(left.length).toBeGreaterThan(5)
  expect(left.length).toBeLessThan(60)
  expect(left).toEqual(minutesTo(60).slice(-left.length))
  await archive.close()
})

test('one minute that is more than the budget is refused, and leaves room for the next', async () => {
  const folder = temporaryFolder()
  const archive = await opened(folder, 20_000)
  const many = Array.from({ length: 500 }, (_, i) => minuteRow(controller(`c${i}`), 1, 1))

  await expect(archive.write(many)).rejects.toThrow('500 minutes do not fit in 20000 B')
  await archive.write([minuteRow(controller('a'), 2, 2)])

  expect(firstMetric(await archive.read(controller('a'), ALL))).toEqual([[2, 2]])
  expect(bytesIn(folder)).toBeLessThanOrEqual(20_000)
  await archive.close()
})

test('a month is kept, and no more', async () => {
  const archive = await opened(temporaryFolder(), 64 * 300)
  for (let day = 0; day < 40; day++) {
    await archive.write([minuteRow(controller('a'), day * DAY, day)])
    await archive.write([minuteRow(controller('a'), day * DAY + 1, day)])
  }

  const days = firstMetric(await archive.read(controller('a'), ALL)).map(
    ([, day = NaN]) => day
  )

  expect(Math.min(...days)).toBeGreaterThanOrEqual(8)
  expect(Math.min(...days)).toBeLessThanOrEqual(9)
  expect(Math.max(...days)).toBe(39)
  await archive.close()
})

test('a segment of a later version is not read and not written on', async () => {
  const folder = temporaryFolder()
  const archive = await opened(folder)
  await archive.write([minuteRow(controller('a'), 1, 1)])
  await archive.close()
  const file = path.join(folder, readdirSync(folder)[0] ?? '')
  const bytes = readFileSync(file)
  bytes.writeUInt16LE(2, 6)
  writeFileSync(file, bytes)
  appendFileSync(file, 'what this version cannot know')
  const size = statSync(file).size

  const again = await opened(folder)
  await again.write([minuteRow(controller('a'), 2, 2)])

  expect(firstMetric(await again.read(controller('a'), ALL))).toEqual([[2, 2]])
  expect(statSync(file).size).toBe(size)
  await again.close()
})

function minutesTo(count: number): readonly (readonly number[])[] {
  return Array.from({ length: count }, (_, minute) => [minute, minute])
}
