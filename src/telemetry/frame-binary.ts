/** A frame for programs: columns of numbers as they are in memory. Layout: frame-layout.ts. */
import type { FrameSource } from '../host/frame.ts'
import {
  AT,
  COLUMNS,
  FLAG,
  HEADER_BYTES,
  MAGIC,
  QID,
  SOURCE_BITS,
  UNCOUNTED_CODES,
  UNTRACED_CODES,
  WHY_CODES,
} from './frame-layout.ts'
import { needsTrace } from './metrics.ts'
import type { Selection } from './selection.ts'
import type { FrameColumns } from './telemetry.ts'

type ObservedColumns = Extract<FrameColumns, { observed: true }>
type UnobservedColumns = Extract<FrameColumns, { observed: false }>

/** Frames are made one after the other in the same memory, which grows to the largest. */
let memory = memoryOf(16 * 1024)

function memoryOf(bytes: number) {
  const buffer = new ArrayBuffer(bytes)
  return { buffer, header: new DataView(buffer), bytes: Buffer.from(buffer) }
}

/**
 * @param channel as the answer to the subscription named it
 * @returns memory that the next call fills anew
 */
export function frameAsBinary(
  frame: FrameColumns,
  selection: Selection,
  channel: number
): Uint8Array {
  const length = frame.observed ? lengthOf(frame, selection) : lengthOfRelayed(frame)
  if (length > memory.bytes.length) memory = memoryOf(2 * length)
  writeHeading(frame, channel)
  if (frame.observed) writeObserved(frame, selection)
  else writeUnobserved(frame)
  return new Uint8Array(memory.buffer, 0, length)
}

function lengthOf({ queues }: ObservedColumns, selection: Selection): number {
  const rows = queues.qid.length
  let bytes = HEADER_BYTES + 8 * selection.device.length + QID.bytes * rows
  for (const name of selection.queues) {
    const column = COLUMNS[`queues.${name}`]
    bytes += rows * column.perRow * column.bytes
  }
  return bytes
}

/** Of a guest's function, what the host relays: the queues' column of that name, whatever was asked for. */
const RELAYED = COLUMNS['queues.interruptsPerSecond']

function lengthOfRelayed({ interrupts }: UnobservedColumns): number {
  if (interrupts?.observed !== true) return HEADER_BYTES
  return HEADER_BYTES + (RELAYED.bytes + QID.bytes) * interrupts.qid.length
}

function writeHeading(frame: FrameColumns, channel: number): void {
  const { header } = memory
  header.setUint32(AT.magic, MAGIC, true)
  header.setUint16(AT.headerBytes, HEADER_BYTES, true)
  header.setUint32(AT.channel, channel, true)
  header.setUint32(AT.sequence, frame.sequence, true)
  header.setFloat64(AT.sourceClockMs, frame.sourceClockMs, true)
  header.setFloat64(AT.wallClockMs, frame.wallClockMs, true)
  header.setUint32(AT.periodMs, frame.periodMs, true)
  header.setUint32(AT.queues, 0, true)
  header.setUint32(AT.columns, 0, true)
  header.setUint32(AT.sources, 0, true)
  header.setFloat64(AT.interrupts, 0) // its codes and what is spare
  writeId(frame.fn.hostId, AT.hostId)
  writeId(frame.fn.id, AT.functionId)
}

function writeFacts(flags: number, why: number, { fn }: FrameColumns): void {
  const kind = fn.kind === 'virtualFunction' ? FLAG.virtualFunction : 0
  memory.header.setUint8(AT.flags, flags | kind)
  memory.header.setUint8(AT.why, why)
}

/** Ids are UUIDs. @throws Error for any other, which a reader could not tell from it */
function writeId(id: string, at: number): void {
  const written = memory.bytes.write(id.replaceAll('-', ''), at, 16, 'hex')
  if (written !== 16) throw new Error(`${id} is no UUID`)
}

function writeUnobserved(frame: UnobservedColumns): void {
  const { why, interrupts } = frame
  writeFacts(0, WHY_CODES[why], frame)
  if (interrupts === undefined) return
  if (interrupts.observed) writeRelayed(interrupts.qid, interrupts.perSecond)
  else memory.header.setUint8(AT.interrupts, UNCOUNTED_CODES[interrupts.why])
}

function writeRelayed(qid: Float64Array, perSecond: Float64Array): void {
  const { buffer, header } = memory
  const end = writeColumn(perSecond, RELAYED, HEADER_BYTES, qid.length)
  new Uint16Array(buffer, end, qid.length).set(qid)
  header.setUint32(AT.queues, qid.length, true)
  header.setUint32(AT.columns, (1 << RELAYED.bit) | (1 << QID.bit), true)
  header.setUint32(AT.sources, 1 << SOURCE_BITS.interrupts, true)
}

function writeObserved(frame: ObservedColumns, selection: Selection): void {
  const { queues, device, sources, commandsBasis, untraced } = frame
  const rows = queues.qid.length
  const { buffer, header } = memory
  let bits = 1 << QID.bit
  let at = HEADER_BYTES
  for (const name of selection.device) {
    bits |= 1 << COLUMNS[`device.${name}`].bit
    header.setFloat64(at, device[name], true)
    at += 8
  }
  for (const name of selection.queues) {
    const column = COLUMNS[`queues.${name}`]
    bits |= 1 << column.bit
    at = writeColumn(queues[name], column, at, rows)
  }
  new Uint16Array(buffer, at, rows).set(queues.qid)
  const counted = commandsBasis === 'trace-histograms' ? FLAG.commandsCounted : 0
  writeFacts(FLAG.observed | counted, 0, frame)
  header.setUint32(AT.queues, rows, true)
  header.setUint32(AT.columns, bits, true)
  header.setUint32(AT.sources, sourceBits(sources), true)
  if (untraced !== undefined && selection.metrics.some(needsTrace))
    header.setUint8(AT.trace, UNTRACED_CODES[untraced])
}

/** Typed arrays have the byte order of the machine: little-endian on all that Node.js 20 runs nvirt on. @returns where it ends */
function writeColumn(
  numbers: Float64Array,
  { bytes, perRow }: { readonly bytes: 2 | 4 | 8; readonly perRow: number },
  at: number,
  rows: number
): number {
  const length = rows * perRow
  const own =
    bytes === 8
      ? new Float64Array(memory.buffer, at, length)
      : new Float32Array(memory.buffer, at, length)
  if (numbers.length === length) own.set(numbers)
  else own.fill(NaN) // a histogram that is not observed has no numbers at all
  return at + length * bytes
}

function sourceBits(sources: readonly FrameSource[]): number {
  let bits = 0
  for (const source of sources) bits |= 1 << SOURCE_BITS[source]
  return bits
}
