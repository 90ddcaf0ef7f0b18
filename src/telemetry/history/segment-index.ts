/** Where in a segment which minutes of which series are. Made by reading the whole of it once. */
import type { FileHandle } from 'node:fs/promises'
import {
  HEADER_BYTES,
  RECORD_HEAD_BYTES,
  SEGMENT_VERSION,
  decodeRecord,
  isWhole,
  recordHead,
  versionOf,
} from './segment-format.ts'
import type { SegmentRecord, Table } from './segment-format.ts'

/** A record of minutes: its body is `length` bytes at `offset`. */
export type IndexEntry = {
  readonly table: Table
  readonly minute: number
  readonly first: number
  readonly last: number
  readonly offset: number
  readonly length: number
}

/** `wholeBytes`: what lies behind is a torn tail. 0: it is no segment that this version reads. */
export type SegmentIndex = {
  readonly numbers: Map<string, number>
  readonly entries: IndexEntry[]
  wholeBytes: number
}

/** Longer bodies are never written: what says so is torn. */
const LONGEST_BODY_BYTES = 16 * 1024 * 1024
const READ_BYTES = 1024 * 1024

export async function indexOf(file: FileHandle): Promise<SegmentIndex> {
  const index: SegmentIndex = { numbers: new Map(), entries: [], wholeBytes: 0 }
  const header = await bytesAt(file, 0, HEADER_BYTES)
  if (versionOf(header) !== SEGMENT_VERSION) return index
  index.wholeBytes = HEADER_BYTES
  const window = new Window(file)
  for (;;) {
    const at = index.wholeBytes
    const head = await window.at(at, RECORD_HEAD_BYTES)
    if (head.length < RECORD_HEAD_BYTES) return index
    const { length, crc } = recordHead(head, 0)
    if (length > LONGEST_BODY_BYTES) return index
    const body = await window.at(at + RECORD_HEAD_BYTES, length)
    if (body.length < length || !isWhole(body, crc)) return index
    const record = decodeRecord(body)
    if (record) note(index, record, at + RECORD_HEAD_BYTES, length)
    index.wholeBytes = at + RECORD_HEAD_BYTES + length
  }
}

export function note(
  { numbers, entries }: SegmentIndex,
  record: SegmentRecord,
  offset: number,
  length: number
): void {
  if (record.kind === 'names') {
    record.names.forEach((name, i) => numbers.set(name, record.first + i))
    return
  }
  const { kind: table, minute } = record
  const [first = 0] = record.numbers
  entries.push({ table, minute, first, last: record.numbers.at(-1) ?? 0, offset, length })
}

/** Fewer bytes than asked for: the file ends there. */
export async function bytesAt(
  file: FileHandle,
  at: number,
  length: number
): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

/** Reads ahead, so that small records do not cost a call each. */
class Window {
  readonly #file: FileHandle
  #begin = 0
  #bytes: Buffer = Buffer.alloc(0)

  constructor(file: FileHandle) {
    this.#file = file
  }

  async at(place: number, length: number): Promise<Buffer> {
    if (place < this.#begin || place + length > this.#begin + this.#bytes.length) {
      this.#begin = place
      this.#bytes = await bytesAt(this.#file, place, Math.max(length, READ_BYTES))
    }
    const from = place - this.#begin
    return this.#bytes.subarray(from, from + length)
  }
}
