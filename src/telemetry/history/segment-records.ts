/** Minutes of many series as records of one segment, in which each series has a number of its own. */
import type { Interval } from './accumulator.ts'
import { minutesRecord, namesRecord } from './segment-format.ts'
import type { MinuteRow, Table } from './segment-format.ts'
import type { Shape } from './metrics.ts'

export type ArchiveRow = {
  readonly name: string
  readonly shape: Shape
  /** Since the epoch. */
  readonly minute: number
  readonly interval: Interval
}

/** So few that one series can be read without reading the whole fleet's minute. */
const ROWS_OF_RECORD = 128
const NAMES_OF_RECORD = 4096

/** @param numbers of the segment's series, as it has them on disk; stays as it is */
export function recordsOf(
  rows: readonly ArchiveRow[],
  numbers: ReadonlyMap<string, number>
): readonly Buffer[] {
  const fresh = freshNames(rows, numbers)
  const numbered = new Map(fresh.map((name, i) => [name, numbers.size + i]))
  const numberOf = (name: string) => numbers.get(name) ?? numbered.get(name) ?? NaN // each is in one of the two
  const named = chunksOf(fresh, NAMES_OF_RECORD).map((names) =>
    namesRecord(numberOf(names[0] ?? ''), names)
  )
  const minutes = [...tablesOf(rows, numberOf)].flatMap(([key, all]) => {
    const [table, minute] = key.split(' ')
    const sorted = all.toSorted((a, b) => a.number - b.number)
    return chunksOf(sorted, ROWS_OF_RECORD).map((some) =>
      minutesRecord(table as Table, Number(minute), some)
    ) // as tablesOf wrote it
  })
  return [...named, ...minutes]
}

function freshNames(
  rows: readonly ArchiveRow[],
  numbers: ReadonlyMap<string, number>
): readonly string[] {
  return [...new Set(rows.map(({ name }) => name))].filter((name) => !numbers.has(name))
}

/** By `table minute`. */
function tablesOf(
  rows: readonly ArchiveRow[],
  numberOf: (name: string) => number
): ReadonlyMap<string, MinuteRow[]> {
  const tables = new Map<string, MinuteRow[]>()
  const put = (table: Table, { name, minute, interval }: ArchiveRow) => {
    const key = `${table} ${minute}`
    const all = tables.get(key) ?? []
    all.push({ number: numberOf(name), interval })
    tables.set(key, all)
  }
  for (const row of rows) {
    put(row.shape, row)
    if (row.interval.latency) put('latency', row)
  }
  return tables
}

function chunksOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  const chunks: (readonly T[])[] = []
  for (let at = 0; at < all.length; at += size) chunks.push(all.slice(at, at + size))
  return chunks
}
