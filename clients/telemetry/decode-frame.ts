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
} & (
  | {
      readonly observed: true
      readonly sources: readonly string[]
      readonly commandsBasis: 'trace-histograms' | 'device-count-by-interrupt-share'
      readonly qid: Uint16Array
      /** By the metric's name, those that were asked for: one number each for the device, one for each queue. */
      readonly columns: Readonly<Record<string, Float64Array | Float32Array>>
    }
  | { readonly observed: false; readonly why: string }
)

const MAGIC = 0x3174766e
const LATENCY_BUCKETS = 32
const SOURCES = [
  'block-layer',
  'blk-mq-debugfs',
  'trace-histograms',
  'interrupts',
  'emulator',
]
const WHY = ['', 'owned-by-guest', 'no-driver', 'gone', 'controller-not-live']
const DEVICE = [
  'device.readCommandsPerSecond',
  'device.writeCommandsPerSecond',
  'device.readBytesPerSecond',
  'device.writeBytesPerSecond',
  'device.readLatencyMs',
  'device.writeLatencyMs',
  'device.inFlight',
]
/** By their bits, which follow those of the device: the first two are Float64, the others Float32. */
const QUEUES = [
  'queues.commands',
  'queues.latency',
  'queues.inFlight',
  'queues.interruptsPerSecond',
  'queues.commandsPerSecond',
  'queues.latencyP50Us',
  'queues.latencyP99Us',
  'queues.latencyMaxUs',
]

/** @throws Error when this is no frame of this version, or not a whole one */
export function decodeFrame(message: ArrayBuffer | Uint8Array): DecodedFrame {
  const bytes = aligned(message)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < 80 || view.getUint32(0, true) !== MAGIC)
    throw new Error('no frame of nvirt.telemetry.v1')
  const flags = view.getUint8(6)
  const heading = {
    channel: view.getUint32(8, true),
    hostId: uuid(bytes, 48),
    functionKind: flags & 2 ? ('virtualFunction' as const) : ('controller' as const),
    functionId: uuid(bytes, 64),
    sequence: view.getUint32(12, true),
    sourceClockMs: view.getFloat64(16, true),
    wallClockMs: view.getFloat64(24, true),
    periodMs: view.getUint32(32, true),
  }
  if (!(flags & 1))
    return { ...heading, observed: false, why: WHY[view.getUint8(7)] ?? 'unknown' }
  const sources = view.getUint32(44, true)
  return {
    ...heading,
    observed: true,
    sources: SOURCES.filter((_, bit) => sources & (1 << bit)),
    commandsBasis: flags & 4 ? 'trace-histograms' : 'device-count-by-interrupt-share',
    ...columnsOf(bytes, view),
  }
}

function columnsOf(bytes: Uint8Array, view: DataView) {
  const { buffer, byteOffset } = bytes
  const rows = view.getUint32(36, true)
  const bits = view.getUint32(40, true)
  const columns: Record<string, Float64Array | Float32Array> = {}
  let at = byteOffset + view.getUint16(4, true)
  for (const [bit, name] of DEVICE.entries()) {
    if (!(bits & (1 << bit))) continue
    columns[name] = new Float64Array(buffer, at, 1)
    at += 8
  }
  for (const [n, name] of QUEUES.entries()) {
    if (!(bits & (1 << (DEVICE.length + n)))) continue
    const length = name === 'queues.latency' ? rows * LATENCY_BUCKETS : rows
    const wide = n < 2
    columns[name] = wide
      ? new Float64Array(buffer, at, length)
      : new Float32Array(buffer, at, length)
    at += length * (wide ? 8 : 4)
  }
  if (at + 2 * rows !== byteOffset + bytes.byteLength)
    throw new Error('the frame is not as long as its header says')
  return { qid: new Uint16Array(buffer, at, rows), columns }
}

/** Views of numbers must begin at multiples of their size. */
function aligned(message: ArrayBuffer | Uint8Array): Uint8Array {
  const bytes = message instanceof ArrayBuffer ? new Uint8Array(message) : message
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes)
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function uuid(bytes: Uint8Array, at: number): string {
  let text = ''
  for (let n = 0; n < 16; n++) {
    if (n === 4 || n === 6 || n === 8 || n === 10) text += '-'
    text += HEX[bytes[at + n] ?? 0]
  }
  return text
}
