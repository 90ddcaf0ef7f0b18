/**
 * Block statistics of many disks: each from a descriptor of its own, or all from the host's one table. The table has every
 * disk and partition of the host, so it pays where many of its lines are wanted. Which it is shows at the first read.
 */
import { parseNumbers } from './counter-text.ts'
import { BLOCK_STAT_LENGTH } from './counters.ts'
import { diskTable } from './disk-table.ts'
import { keptFile, readAll, readPage, together } from './kept-file.ts'
import type { KeptFile } from './kept-file.ts'

export type WantedDisk = {
  /** Its statistics: `/sys/block/NAME/stat`. */
  readonly path: string
  /** Where its numbers begin in the column. */
  readonly at: number
}

/** With fewer, opening the table is not worth it. */
const MANY = 4
/** A line of the table costs so much less than a read of its own. */
const LINES_FOR_A_DISK = 2.5

/** @param table of all disks, as /proc/diskstats */
export function keptDisks(disks: readonly WantedDisk[], table: string): KeptFile {
  const each = together(disks.map(ownFile))
  const named = placesByName(disks)
  if (named.size < MANY) return each
  const all = keptTable(table, named)
  let way: KeptFile | undefined

  function readFirst(out: Float64Array): KeptFile {
    all.readInto(out)
    const hasAll = disks.every(({ at }) => !Number.isNaN(out[at]))
    if (hasAll && all.lines() <= LINES_FOR_A_DISK * named.size) return all
    all.close()
    each.readInto(out)
    return each
  }

  return {
    readInto: (out) => {
      if (way === undefined) way = readFirst(out)
      else way.readInto(out)
    },
    close: () => way?.close(),
  }
}

function ownFile({ path, at }: WantedDisk): KeptFile {
  return keptFile(
    path,
    readPage,
    (text, length, out) => parseNumbers(text, 0, length, BLOCK_STAT_LENGTH, out, at),
    (out) => void out.fill(NaN, at, at + BLOCK_STAT_LENGTH)
  )
}

function keptTable(path: string, named: ReadonlyMap<string, readonly number[]>) {
  const table = diskTable(named)
  let lines = 0
  const file = keptFile(
    path,
    readAll,
    (text, length, out) => {
      lines = table.fill(text, length, out)
      return true
    },
    (out) => void table.fill(NOTHING, 0, out)
  )
  return { ...file, lines: () => lines }
}

const NOTHING = Buffer.alloc(0)

/** Not of files that are elsewhere: the table does not have them. */
function placesByName(
  disks: readonly WantedDisk[]
): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>()
  for (const { path, at } of disks) {
    const [, name] = /\/([^/]+)\/stat$/.exec(path) ?? []
    if (name === undefined) return new Map()
    places.set(name, [...(places.get(name) ?? []), at])
  }
  return places
}
