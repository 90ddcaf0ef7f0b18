/**
 * A segment of the archive, as bytes. Little-endian; a header, then records that are only ever appended:
 *
 *     header   "nvhist", u16 version
 *     record   u32 length of the body, u32 CRC-32 of the body, body
 *     body     u8 kind, 3 zero bytes, then
 *       names    u32 first number, JSON list of names of series: they have that number and the following
 *       minutes  u32 minute since the epoch, u32 count, count x u32 numbers (ascending), count rows
 *
 * A row of a function or a queue: observed milliseconds, then the means, then the maxima of its metrics, f32 each, NaN not
 * observed. A row of latencies: commands in each bucket, u32. A record is whole or it is not there: whatever follows one
 * whose checksum does not hold is a torn tail.
 */
import { crc32 } from 'node:zlib'
import type { Interval } from './accumulator.ts'
import { BUCKETS, SHAPES, type Shape } from './metrics.ts'

export const SEGMENT_VERSION = 1
export const HEADER_BYTES = 8
export const RECORD_HEAD_BYTES = 8
const MAGIC = 'nvhist'
/** Body of a minutes record before its numbers. */
const MINUTES_HEAD_BYTES = 12

export type Table = Shape | 'latency'
const KINDS: readonly ('names' | Table)[] = ['names', 'function', 'queue', 'latency']

export type MinuteRow = { readonly number: number; readonly interval: Interval }

export type SegmentRecord =
  | { readonly kind: 'names'; readonly first: number; readonly names: readonly string[] }
  | {
      readonly kind: Table
      readonly minute: number
      readonly numbers: readonly number[]
      readonly body: Buffer
    }

export function segmentHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  header.writeUInt16LE(SEGMENT_VERSION, MAGIC.length)
  return header
}

/** null: no segment. */
export function versionOf(header: Buffer): number | null {
  if (header.length < HEADER_BYTES) return null
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) return null
  return header.readUInt16LE(MAGIC.length)
}

export function namesRecord(first: number, names: readonly string[]): Buffer {
  const list = Buffer.from(JSON.stringify(names))
  const body = Buffer.alloc(8 + list.length)
  body.writeUInt32LE(first, 4)
  list.copy(body, 8)
  return record(body)
}

/** @param rows of one minute, ascending by number; those of `latency` have one */
export function minutesRecord(
  table: Table,
  minute: number,
  rows: readonly MinuteRow[]
): Buffer {
  const width = rowBytes(table)
  const begin = MINUTES_HEAD_BYTES + 4 * rows.length
  const body = Buffer.alloc(begin + width * rows.length)
  body.writeUInt8(KINDS.indexOf(table), 0)
  body.writeUInt32LE(minute, 4)
  body.writeUInt32LE(rows.length, 8)
  rows.forEach(({ number, interval }, i) => {
    body.writeUInt32LE(number, MINUTES_HEAD_BYTES + 4 * i)
    writeRow(body, begin + width * i, table, interval)
  })
  return record(body)
}

/** Length of the body that the record has which begins there, and whether its body is whole, once it is there. */
export function recordHead(bytes: Buffer, at: number) {
  return { length: bytes.readUInt32LE(at), crc: bytes.readUInt32LE(at + 4) }
}

export function isWhole(body: Buffer, crc: number): boolean {
  return body.length >= 8 && crc32(body) === crc
}

/** undefined: its kind is none. */
export function decodeRecord(body: Buffer): SegmentRecord | undefined {
  const kind = KINDS[body.readUInt8(0)]
  if (kind === undefined) return undefined
  if (kind === 'names') {
    const names = JSON.parse(body.toString('utf8', 8)) as string[] // we wrote it: its checksum holds
    return { kind, first: body.readUInt32LE(4), names }
  }
  const count = body.readUInt32LE(8)
  const numbers = Array.from({ length: count }, (_, i) =>
    body.readUInt32LE(MINUTES_HEAD_BYTES + 4 * i)
  )
  return { kind, minute: body.readUInt32LE(4), numbers, body }
}

/** The row of a function or a queue, without latencies. */
export function minuteIn(
  { kind, minute, numbers, body }: Extract<SegmentRecord, { minute: number }>,
  place: number
): Interval {
  const at = MINUTES_HEAD_BYTES + 4 * numbers.length + rowBytes(kind) * place
  const width = kind === 'latency' ? 0 : SHAPES[kind].metrics.length
  const floats = (from: number) =>
    Float64Array.from({ length: width }, (_, m) => body.readFloatLE(from + 4 * m))
  return {
    toMs: (minute + 1) * 60_000,
    spanMs: kind === 'latency' ? 0 : body.readFloatLE(at),
    mean: floats(at + 4),
    max: floats(at + 4 + 4 * width),
    latency:
      kind === 'latency'
        ? Float64Array.from({ length: BUCKETS }, (_, b) => body.readUInt32LE(at + 4 * b))
        : null,
  }
}

function rowBytes(table: Table): number {
  return table === 'latency' ? 4 * BUCKETS : 4 + 8 * SHAPES[table].metrics.length
}

function writeRow(body: Buffer, at: number, table: Table, interval: Interval): void {
  const { spanMs, mean, max, latency } = interval
  if (table === 'latency') {
    const most = 0xffff_ffff
    latency?.forEach((n, b) => body.writeUInt32LE(Math.min(n, most), at + 4 * b))
    return
  }
  body.writeFloatLE(spanMs, at)
  mean.forEach((value, m) => body.writeFloatLE(value, at + 4 + 4 * m))
  max.forEach((value, m) => body.writeFloatLE(value, at + 4 + 4 * (mean.length + m)))
}

function record(body: Buffer): Buffer {
  const head = Buffer.alloc(RECORD_HEAD_BYTES)
  head.writeUInt32LE(body.length, 0)
  head.writeUInt32LE(crc32(body), 4)
  return Buffer.concat([head, body])
}
