/**
 * The layout of a binary frame, version 1, little-endian; docs/telemetry.md has it as a table. A header of 88 bytes, then
 * the columns that its bitmap names, in the order of their bits, widest numbers first, so that each begins where its numbers
 * want to without padding.
 */
import { LATENCY_BUCKETS } from '../host/frame.ts'
import type {
  FrameSource,
  NotObserved,
  UncountedInterrupts,
  Untraced,
} from '../host/frame.ts'
import type { Metric } from './metrics.ts'

/** `nvt1` as text. */
export const MAGIC = 0x3174766e
export const HEADER_BYTES = 88

/** Where each field of the header begins. */
export const AT = {
  magic: 0,
  headerBytes: 4,
  flags: 6,
  why: 7,
  channel: 8,
  sequence: 12,
  sourceClockMs: 16,
  wallClockMs: 24,
  periodMs: 32,
  queues: 36,
  columns: 40,
  sources: 44,
  hostId: 48,
  functionId: 64,
  interrupts: 80,
  trace: 81,
  spare: 82,
} as const

export const FLAG = { observed: 1, virtualFunction: 2, commandsCounted: 4 } as const

type Column = {
  readonly bit: number
  readonly bytes: 2 | 4 | 8
  /** Numbers in a row; device columns have one row, all others one for each queue. */
  readonly perRow: number
}

const float64 = (bit: number, perRow = 1): Column => ({ bit, bytes: 8, perRow })
const float32 = (bit: number): Column => ({ bit, bytes: 4, perRow: 1 })

/** Counts are Float64, since 24 bits would not hold the commands of a minute; rates and depths are Float32. */
export const COLUMNS: Readonly<Record<Metric, Column>> = {
  'device.readCommandsPerSecond': float64(0),
  'device.writeCommandsPerSecond': float64(1),
  'device.readBytesPerSecond': float64(2),
  'device.writeBytesPerSecond': float64(3),
  'device.readLatencyMs': float64(4),
  'device.writeLatencyMs': float64(5),
  'device.inFlight': float64(6),
  'queues.commands': float64(7),
  'queues.latency': float64(8, LATENCY_BUCKETS),
  'queues.inFlight': float32(9),
  'queues.interruptsPerSecond': float32(10),
  'queues.commandsPerSecond': float32(11),
  'queues.latencyP50Us': float32(12),
  'queues.latencyP99Us': float32(13),
  'queues.latencyMaxUs': float32(14),
}

/** Queue ids, Uint16: the last column of every observed frame. Each queue of a controller has an id of 16 bits. */
export const QID: Column = { bit: 15, bytes: 2, perRow: 1 }

/** Bits of the header's sources. */
export const SOURCE_BITS: Readonly<Record<FrameSource, number>> = {
  'block-layer': 0,
  'blk-mq-debugfs': 1,
  'trace-histograms': 2,
  interrupts: 3,
  emulator: 4,
}

/** The header's `why`, 0 where it is observed. */
export const WHY_CODES: Readonly<Record<NotObserved, number>> = {
  'owned-by-guest': 1,
  'no-driver': 2,
  gone: 3,
  'controller-not-live': 4,
}

/** The header's `interrupts`, 0 where nothing is to be said of them. */
export const UNCOUNTED_CODES: Readonly<Record<UncountedInterrupts, number>> = {
  'posted-interrupts-possible': 1,
}

/** The header's `trace`, 0 where nothing is to be said of it. */
export const UNTRACED_CODES: Readonly<Record<Untraced, number>> = {
  arming: 1,
  refused: 2,
  lost: 3,
  'not-mounted': 4,
  'no-histograms': 5,
  'no-nvme-events': 6,
  'not-permitted': 7,
}
