/**
 * Minutes of every series, on disk: segments that are only appended to. Within its budget, always: before more is written
 * than fits the oldest segment goes, and so does one whose minutes are all older than `keepMs`.
 */
import { mkdir, readdir, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { Accumulator, type Interval } from './accumulator.ts'
import { SHAPES } from './metrics.ts'
import { HEADER_BYTES } from './segment-format.ts'
import { recordsOf, type ArchiveRow } from './segment-records.ts'
import { SegmentReader, SegmentWriter, type MinuteRange } from './segment.ts'
import { seriesName, shapeOf, type SeriesKey } from './series.ts'

export type ArchiveOptions = {
  /** It is made when it is not there. */
  readonly folder: string
  readonly budgetBytes: number
  readonly keepMs: number
}

type Sealed = {
  readonly reader: SegmentReader
  readonly bytes: number
  readonly sequence: number
  readonly firstMinute: number
}

const SEGMENTS_OF_BUDGET = 64
const NAME = /^(\d{8})-(\d{10})\.nvhist$/

export class Archive {
  readonly #options: ArchiveOptions
  /** Oldest first. */
  readonly #sealed: Sealed[]
  #current: { readonly writer: SegmentWriter; readonly sealed: Sealed } | undefined
  #sequence: number

  private constructor(options: ArchiveOptions, sealed: Sealed[]) {
    this.#options = options
    this.#sealed = sealed
    this.#sequence = (sealed.at(-1)?.sequence ?? 0) + 1
  }

  /** What a former process did not finish writing is cut off. Files of another version are left alone until their turn to go. */
  static async open(options: ArchiveOptions): Promise<Archive> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    const archive = new Archive(options, await segmentsIn(options.folder))
    const newest = archive.#sealed.at(-1)
    const writer = newest && (await SegmentWriter.resume(newest.reader.path))
    if (newest && writer) archive.#takeOver(newest, writer)
    return archive
  }

  get bytes(): number {
    const sealed = this.#sealed.reduce((sum, { bytes }) => sum + bytes, 0)
    return sealed + (this.#current?.writer.bytes ?? 0)
  }

  /**
   * Durable when resolved. Not to be called twice at once. After a failure those minutes are lost, and a new segment begins.
   *
   * @throws Error of the file system, or that so much is more than the budget
   */
  async write(rows: readonly ArchiveRow[]): Promise<void> {
    const [first] = rows
    if (!first) return
    await this.#dropOlderThan(first.minute)
    const { writer } = this.#current ?? {}
    if (writer && writer.bytes + this.#bytesOf(rows) > this.#segmentBytes())
      await this.#seal()
    await this.#makeRoom(rows)
    const current = await this.#currentFor(first.minute)
    try {
      await current.writer.append(this.#recordsFor(rows))
    } catch (error) {
      await this.#seal()
      throw error
    }
  }

  /** Minutes of that series that begin within the range, both ends included; each once, ascending. */
  async read(key: SeriesKey, range: MinuteRange): Promise<readonly Interval[]> {
    const name = seriesName(key)
    const minutes = new Map<number, Accumulator>()
    const latencies = new Map<number, Interval[]>()
    const current = this.#current?.sealed.reader
    for (const reader of [...this.#readersWithin(range), ...(current ? [current] : [])]) {
      const rows = await readOrGone(reader.read(name, shapeOf(key), range))
      for (const row of rows) addTo(minutes, key, row)
      for (const row of await readOrGone(reader.read(name, 'latency', range))) {
        latencies.set(row.toMs, [...(latencies.get(row.toMs) ?? []), row])
      }
    }
    for (const [toMs, rows] of latencies)
      rows.forEach((row) => minutes.get(toMs)?.add(row, 0))
    const ascending = [...minutes].toSorted(([a], [b]) => a - b)
    return ascending.map(([toMs, accumulator]) => accumulator.taken(toMs))
  }

  async close(): Promise<void> {
    await this.#seal()
  }

  #recordsFor(rows: readonly ArchiveRow[]): readonly Buffer[] {
    return recordsOf(rows, this.#current?.writer.index.numbers ?? new Map())
  }

  #bytesOf(rows: readonly ArchiveRow[]): number {
    const records = lengthOf(this.#recordsFor(rows))
    return this.#current ? records : records + HEADER_BYTES
  }

  #segmentBytes(): number {
    return this.#options.budgetBytes / SEGMENTS_OF_BUDGET
  }

  /** Those that may have minutes of the range: a segment ends where the next one begins, but for a minute on the edge. */
  #readersWithin({ fromMinute, toMinute }: MinuteRange): readonly SegmentReader[] {
    const all = this.#sealed
    return all
      .filter((one, i) => {
        const next = all[i + 1] ?? this.#current?.sealed
        const end = next ? next.firstMinute + 1 : Infinity
        return one.firstMinute <= toMinute + 1 && end >= fromMinute
      })
      .map(({ reader }) => reader)
  }

  async #currentFor(firstMinute: number) {
    if (this.#current) return this.#current
    const sequence = this.#sequence++
    const name = `${String(sequence).padStart(8, '0')}-${String(firstMinute).padStart(10, '0')}.nvhist`
    const writer = await SegmentWriter.begin(path.join(this.#options.folder, name))
    const reader = new SegmentReader(writer.path, writer.index)
    this.#current = { writer, sealed: { reader, bytes: 0, sequence, firstMinute } }
    return this.#current
  }

  #takeOver(newest: Sealed, writer: SegmentWriter): void {
    this.#sealed.pop()
    const reader = new SegmentReader(writer.path, writer.index)
    this.#current = { writer, sealed: { ...newest, reader } }
  }

  async #seal(): Promise<void> {
    if (!this.#current) return
    const { writer, sealed } = this.#current
    this.#current = undefined
    await writer.close()
    const { size } = await stat(writer.path) // more than its whole records, after a failure
    this.#sealed.push({ ...sealed, bytes: size })
  }

  /** Another segment has other names to say first, so that it is counted anew. */
  async #makeRoom(rows: readonly ArchiveRow[]): Promise<void> {
    const { budgetBytes } = this.#options
    while (this.bytes + this.#bytesOf(rows) > budgetBytes) {
      if (this.#sealed.length === 0) await this.#seal()
      if (this.#sealed.length === 0) {
        throw new Error(`${rows.length} minutes do not fit in ${budgetBytes} B`)
      }
      await this.#dropOldest()
    }
  }

  async #dropOlderThan(minute: number): Promise<void> {
    const oldest = minute - this.#options.keepMs / 60_000
    for (;;) {
      const next = this.#sealed[1] ?? this.#current?.sealed
      if (this.#sealed.length === 0 || !next || next.firstMinute >= oldest) return
      await this.#dropOldest()
    }
  }

  async #dropOldest(): Promise<void> {
    const oldest = this.#sealed.shift()
    if (oldest) await unlink(oldest.reader.path)
  }
}

function addTo(minutes: Map<number, Accumulator>, key: SeriesKey, row: Interval): void {
  const known = minutes.get(row.toMs) ?? new Accumulator(SHAPES[shapeOf(key)])
  known.add(row)
  minutes.set(row.toMs, known)
}

/** A segment may go while it is waited for. */
async function readOrGone(
  rows: Promise<readonly Interval[]>
): Promise<readonly Interval[]> {
  try {
    return await rows
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function lengthOf(records: readonly Buffer[]): number {
  return records.reduce((sum, { length }) => sum + length, 0)
}

async function segmentsIn(folder: string): Promise<Sealed[]> {
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const [, sequence, firstMinute] = NAME.exec(name) ?? []
      const file = path.join(folder, name)
      return {
        reader: new SegmentReader(file),
        bytes: (await stat(file)).size,
        sequence: Number(sequence),
        firstMinute: Number(firstMinute),
      }
    })
  )
}
