/** One file of the archive. Only the newest is written; a segment that is full, or from before the start, is only read. */
import { open, type FileHandle } from 'node:fs/promises'
import type { Interval } from './accumulator.ts'
import {
  RECORD_HEAD_BYTES,
  decodeRecord,
  minuteIn,
  segmentHeader,
} from './segment-format.ts'
import type { Table } from './segment-format.ts'
import { bytesAt, indexOf, note } from './segment-index.ts'
import type { IndexEntry, SegmentIndex } from './segment-index.ts'

/** Neighbours are read together, up to so much, across gaps of other series of up to so much. */
const RUN_BYTES = 1024 * 1024
const GAP_BYTES = 64 * 1024

export type MinuteRange = { readonly fromMinute: number; readonly toMinute: number }

export class SegmentReader {
  readonly path: string
  #index: Promise<SegmentIndex> | undefined

  constructor(path: string, index?: SegmentIndex) {
    this.path = path
    this.#index = index && Promise.resolve(index)
  }

  /** Minutes of that series that begin within the range, both ends included, in the order of the file. */
  async read(name: string, table: Table, range: MinuteRange): Promise<readonly Interval[]> {
    // Most segments have nothing of most series: only what is not known yet takes the file to find out.
    const known = await this.#index
    if (known && found(known, name, table, range).length === 0) return []
    const file = await open(this.path, 'r')
    try {
      const index = await this.index(file)
      const number = index.numbers.get(name)
      if (number === undefined) return []
      return await rowsIn(file, number, found(index, name, table, range))
    } finally {
      await file.close()
    }
  }

  index(file: FileHandle): Promise<SegmentIndex> {
    this.#index ??= indexOf(file)
    return this.#index
  }
}

export class SegmentWriter {
  readonly path: string
  readonly index: SegmentIndex
  readonly #file: FileHandle

  private constructor(path: string, file: FileHandle, index: SegmentIndex) {
    this.path = path
    this.#file = file
    this.index = index
  }

  static async begin(path: string): Promise<SegmentWriter> {
    const file = await open(path, 'wx+', 0o600)
    const header = segmentHeader()
    await file.write(header, 0, header.length, 0)
    const index = { numbers: new Map(), entries: [], wholeBytes: header.length }
    return new SegmentWriter(path, file, index)
  }

  /** Goes on where the whole records of a former process end. undefined: this version does not read it. */
  static async resume(path: string): Promise<SegmentWriter | undefined> {
    const file = await open(path, 'r+')
    const index = await indexOf(file)
    if (index.wholeBytes > 0) {
      await file.truncate(index.wholeBytes)
      return new SegmentWriter(path, file, index)
    }
    await file.close()
    return undefined
  }

  get bytes(): number {
    return this.index.wholeBytes
  }

  /** Durable when resolved. After a failure the next one writes over what the failed one has written. */
  async append(records: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat(records)
    const at = this.index.wholeBytes
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        done,
        bytes.length - done,
        at + done
      )
      done += bytesWritten
    }
    await this.#file.datasync()
    for (const record of records) this.#noteAppended(record)
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  #noteAppended(record: Buffer): void {
    const body = record.subarray(RECORD_HEAD_BYTES)
    const offset = this.index.wholeBytes + RECORD_HEAD_BYTES
    const decoded = decodeRecord(body)
    if (decoded) note(this.index, decoded, offset, body.length)
    this.index.wholeBytes += record.length
  }
}

function found(
  { numbers, entries }: SegmentIndex,
  name: string,
  table: Table,
  { fromMinute, toMinute }: MinuteRange
): readonly IndexEntry[] {
  const number = numbers.get(name)
  if (number === undefined) return []
  return entries.filter(
    (entry) =>
      entry.table === table &&
      entry.minute >= fromMinute &&
      entry.minute <= toMinute &&
      entry.first <= number &&
      number <= entry.last
  )
}

async function rowsIn(
  file: FileHandle,
  number: number,
  entries: readonly IndexEntry[]
): Promise<readonly Interval[]> {
  const rows: Interval[] = []
  for (const run of runsOf(entries)) {
    const { offset: begin } = run[0]!
    const last = run.at(-1)!
    const bytes = await bytesAt(file, begin, last.offset + last.length - begin)
    for (const { offset, length } of run) {
      const body = bytes.subarray(offset - begin, offset - begin + length)
      const record = body.length === length ? decodeRecord(body) : undefined
      if (!record || record.kind === 'names') continue
      const place = record.numbers.indexOf(number)
      if (place >= 0) rows.push(minuteIn(record, place))
    }
  }
  return rows
}

/** @returns lists of at least one entry */
function runsOf(entries: readonly IndexEntry[]): readonly (readonly IndexEntry[])[] {
  const runs: IndexEntry[][] = []
  for (const entry of entries) {
    const run = runs.at(-1)
    const [first] = run ?? []
    const before = run?.at(-1)
    const near =
      first &&
      before &&
      entry.offset - (before.offset + before.length) <= GAP_BYTES &&
      entry.offset + entry.length - first.offset <= RUN_BYTES
    if (near) run?.push(entry)
    else runs.push([entry])
  }
  return runs
}
