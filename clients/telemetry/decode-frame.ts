/**
 * Reads a binary frame of nvirt.telemetry.v1 (docs/telemetry.md). Without dependencies, for Node.js and browsers: copy it.
 * Columns are views of the message where it lies in memory as its numbers want to, else of a copy. NaN: not observed.
 */
export type DecodedFrame = {
  readonly channel: number
  readonly hostId: string
  readonly functionKind: 'controller' | 'virtualFunction'
  readonly functionId: string
  readonly sequence: number
  readonly sourceClockMs: number
  readonly wallClockMs: number
  readonly periodMs: number
  readonly observed: boolean
  /** Why it is not observed, and has no columns but perhaps the interrupts that a host relays to a guest; null where it is. */
  readonly why: string | null
  /** Of a guest's function: why its interrupts are not observed either. */
  readonly whyNoInterrupts: string | null
  /** Why commands and latencies are not observed though they were asked for. */
  readonly whyNoTrace: string | null
  readonly sources: readonly string[]
  readonly commandsBasis: 'trace-histograms' | 'device-count-by-interrupt-share'
  readonly qid: Uint16Array
  /** By the metric's name, those that were asked for: one number each for the device, one for each queue. */
  readonly columns: Readonly<Record<string, Float64Array | Float32Array>>
}

const MAGIC = 0x3174766e
const LATENCY_BUCKETS = 32
const SOURCES = [
  'block-layer',
  'blk-mq-debugfs',
  'trace-histograms',
  'interrupts',
  'emulator',
]
/** By their codes; 0 is nothing. */
const WHY = ['', 'owned-by-guest', 'no-driver', 'gone', 'controller-not-live']
const WHY_NO_INTERRUPTS = ['', 'posted-interrupts-possible']
const WHY_NO_TRACE = [
  '',
  'arming',
  'refused',
  'lost',
  'not-mounted',
  'no-histograms',
  'no-nvme-events',
  'not-permitted',
]
const HEADER_BYTES = 88
const device = (name: string) => ({ name: `device.${name}`, wide: true, perQueue: 0 })
const counts = (name: string, perQueue: number) => ({
  name: `queues.${name}`,
  wide: true,
  perQueue,
})
const rates = (name: string) => ({ name: `queues.${name}`, wide: false, perQueue: 1 })

/** By their bits. Wide ones are Float64, the others Float32; those of the device are one number each. */
const COLUMNS = [
  device('readCommandsPerSecond'),
  device('writeCommandsPerSecond'),
  device('readBytesPerSecond'),
  device('writeBytesPerSecond'),
  device('readLatencyMs'),
  device('writeLatencyMs'),
  device('inFlight'),
  counts('commands', 1),
  counts('latency', LATENCY_BUCKETS),
  rates('inFlight'),
  rates('interruptsPerSecond'),
  rates('commandsPerSecond'),
  rates('latencyP50Us'),
  rates('latencyP99Us'),
  rates('latencyMaxUs'),
]

/** @throws Error when this is no frame of this version, or not a whole one */
export function decodeFrame(message: ArrayBuffer | Uint8Array): DecodedFrame {
  const bytes = aligned(message)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < HEADER_BYTES || view.getUint32(0, true) !== MAGIC)
    throw new Error('no frame of nvirt.telemetry.v1')
  const { buffer, byteOffset, byteLength } = bytes
  const flags = view.getUint8(6)
  const observed = (flags & 1) !== 0
  const rows = view.getUint32(36, true)
  const sources = view.getUint32(44, true)
  return {
    channel: view.getUint32(8, true),
    hostId: uuid(bytes, 48),
    functionKind: flags & 2 ? 'virtualFunction' : 'controller',
    functionId: uuid(bytes, 64),
    sequence: view.getUint32(12, true),
    sourceClockMs: view.getFloat64(16, true),
    wallClockMs: view.getFloat64(24, true),
    periodMs: view.getUint32(32, true),
    observed,
    why: reasonOf(WHY, view.getUint8(7)),
    whyNoInterrupts: reasonOf(WHY_NO_INTERRUPTS, view.getUint8(80)),
    whyNoTrace: reasonOf(WHY_NO_TRACE, view.getUint8(81)),
    sources: SOURCES.filter((_, bit) => sources & (1 << bit)),
    commandsBasis: flags & 4 ? 'trace-histograms' : 'device-count-by-interrupt-share',
    columns: columnsOf(bytes, view, rows),
    // The last of the columns.
    qid: new Uint16Array(buffer, byteOffset + byteLength - 2 * rows, rows),
  }
}

function reasonOf(reasons: readonly string[], code: number): string | null {
  return code === 0 ? null : (reasons[code] ?? 'unknown')
}

function columnsOf(
  { buffer, byteOffset, byteLength }: Uint8Array,
  view: DataView,
  rows: number
): DecodedFrame['columns'] {
  const bits = view.getUint32(40, true)
  const columns: Record<string, Float64Array | Float32Array> = {}
  let at = byteOffset + view.getUint16(4, true)
  for (let bit = 0; bit < COLUMNS.length; bit++) {
    if (!(bits & (1 << bit))) continue
    const { name, wide, perQueue } = COLUMNS[bit]! // within its length
    const length = perQueue === 0 ? 1 : perQueue * rows
    columns[name] = wide
      ? new Float64Array(buffer, at, length)
      : new Float32Array(buffer, at, length)
    at += length * (wide ? 8 : 4)
  }
  if (at + 2 * rows !== byteOffset + byteLength)
    throw new Error('the frame is not as long as its header says')
  return columns
}

/** Views of numbers must begin at multiples of their size. */
function aligned(message: ArrayBuffer | Uint8Array): Uint8Array {
  const bytes = message instanceof ArrayBuffer ? new Uint8Array(message) : message
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes)
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** In short pieces: long strings that are added up stay trees of them, a piece of garbage each. */
function uuid(bytes: Uint8Array, at: number): string {
  const two = (n: number) => HEX[bytes[at + n]!]! + HEX[bytes[at + n + 1]!]! // 16 bytes are there, and HEX has every byte
  const first = `${two(0)}${two(2)}-`
  const middle = `${two(4)}-${two(6)}-`
  return `${first}${middle}${two(8)}-${two(10)}${two(12)}${two(14)}`
}
