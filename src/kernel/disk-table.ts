/**
 * /proc/diskstats: the statistics of all disks and partitions in one file, each line `major minor name` and then the
 * numbers of /sys/block/NAME/stat. Where most of its lines are wanted it costs half of a read for each disk.
 *
 * A line says nothing of which disk has that name; one whose counts have fallen is another, and is unobserved once, as it
 * is to who keeps a descriptor of the former. Source: Linux block/genhd.c, diskstats_show; disks that are hidden, which the
 * paths of native multipath are, have a line too.
 */
import { lineEnd, parseNumbers } from './counter-text.ts'
import { BLOCK_STAT, BLOCK_STAT_LENGTH } from './counters.ts'
import { wantedNames } from './wanted-names.ts'

const SPACE = 32

export type DiskTable = {
  /**
   * Writes the statistics of each wanted disk to its places in `out`, which has those of the time before; NaN where there
   * is no line.
   *
   * @returns how many lines the table has
   */
  readonly fill: (text: Buffer, length: number, out: Float64Array) => number
}

/** @param wanted where its numbers begin in the column, by name of the disk */
export function diskTable(wanted: ReadonlyMap<string, readonly number[]>): DiskTable {
  const spots = new Map([...wanted].map(([name, places]) => [name, places.map(spotAt)]))
  const all = [...spots.values()].flat()
  const disks = wantedNames(spots)

  function fill(text: Buffer, length: number, out: Float64Array): number {
    for (const spot of all) forget(spot, out)
    let lines = 0
    for (let start = 0; start < length; lines++) {
      const end = lineEnd(text, start, length)
      takeLine(text, start, end, out)
      start = end + 1
    }
    return lines
  }

  function takeLine(text: Buffer, start: number, end: number, out: Float64Array): void {
    const nameAt = wordAt(text, afterWord(text, afterWord(text, start, end), end), end)
    const nameEnd = afterWord(text, nameAt, end)
    for (const spot of disks.find(text, nameAt, nameEnd) ?? NOWHERE) {
      const isWhole = parseNumbers(text, nameEnd, end, BLOCK_STAT_LENGTH, out, spot.at)
      if (!isWhole || hasFallen(spot, out)) unobserved(out, spot.at)
    }
  }

  return { fill }
}

/** Of the time before: those that the kernel prints with 64 bits, since times begin at 0 again after seven weeks. */
type Spot = { readonly at: number; reads: number; writes: number }

const NOWHERE: readonly Spot[] = []

function spotAt(at: number): Spot {
  return { at, reads: NaN, writes: NaN }
}

function forget(spot: Spot, out: Float64Array): void {
  spot.reads = out[spot.at + BLOCK_STAT.readSectors]! // a place has all numbers
  spot.writes = out[spot.at + BLOCK_STAT.writeSectors]!
  unobserved(out, spot.at)
}

function hasFallen({ at, reads, writes }: Spot, out: Float64Array): boolean {
  const [readNow, writtenNow] = [BLOCK_STAT.readSectors, BLOCK_STAT.writeSectors]
  return out[at + readNow]! < reads || out[at + writtenNow]! < writes
}

function unobserved(out: Float64Array, at: number): void {
  out.fill(NaN, at, at + BLOCK_STAT_LENGTH)
}

function wordAt(text: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && text[at] === SPACE) at++
  return at
}

function afterWord(text: Uint8Array, from: number, end: number): number {
  let at = wordAt(text, from, end)
  while (at < end && text[at] !== SPACE) at++
  return at
}
