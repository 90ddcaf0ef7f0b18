/** The numbers that a frame can have, each by its name on the socket, with its unit and what it takes to know it. */
import type { FrameSource } from '../host/frame.ts'

export type MetricFacts = {
  readonly of: 'device' | 'queue'
  readonly unit: string
  readonly meaning: string
  /** Any of these can tell it. */
  readonly sources: readonly FrameSource[]
  /** Has to be armed on the host, and is while somebody asks for it; such metrics come only when they are named. */
  readonly needs?: 'trace-histograms'
}

const DISKS = { of: 'device', sources: ['block-layer'] } as const
const TRACED = {
  of: 'queue',
  sources: ['trace-histograms'],
  needs: 'trace-histograms',
} as const
const BOUND = 'of the commands of the interval took at most this long, a power of two'

export const METRICS = {
  'device.readCommandsPerSecond': {
    ...DISKS,
    unit: 'commands/s',
    meaning: 'read commands completed',
  },
  'device.writeCommandsPerSecond': {
    ...DISKS,
    unit: 'commands/s',
    meaning: 'write commands completed',
  },
  'device.readBytesPerSecond': { ...DISKS, unit: 'B/s', meaning: 'bytes read' },
  'device.writeBytesPerSecond': { ...DISKS, unit: 'B/s', meaning: 'bytes written' },
  'device.readLatencyMs': {
    ...DISKS,
    unit: 'ms',
    meaning: 'mean of the reads of the interval; not observed when none completed',
  },
  'device.writeLatencyMs': {
    ...DISKS,
    unit: 'ms',
    meaning: 'mean of the writes of the interval; not observed when none completed',
  },
  'device.inFlight': { ...DISKS, unit: 'commands', meaning: 'in flight now' },
  'queues.commands': {
    ...TRACED,
    unit: 'commands',
    meaning: 'completed in the interval, each one counted',
  },
  'queues.latency': {
    ...TRACED,
    unit: 'commands',
    meaning:
      'completed in the interval, by latency: bucket b has those of 2^(b-1) < µs <= 2^b, the first all up to 1 µs, the last all above',
  },
  'queues.inFlight': {
    of: 'queue',
    sources: ['blk-mq-debugfs'],
    unit: 'commands',
    meaning: 'in flight now',
  },
  'queues.interruptsPerSecond': {
    of: 'queue',
    sources: ['interrupts'],
    unit: 'interrupts/s',
    meaning: 'interrupts; one may complete several commands',
  },
  'queues.commandsPerSecond': {
    of: 'queue',
    sources: ['trace-histograms', 'block-layer'],
    unit: 'commands/s',
    meaning: 'commands completed, as commandsBasis of the frame says',
  },
  'queues.latencyP50Us': { ...TRACED, unit: 'µs', meaning: `half ${BOUND}` },
  'queues.latencyP99Us': { ...TRACED, unit: 'µs', meaning: `99 % ${BOUND}` },
  'queues.latencyMaxUs': { ...TRACED, unit: 'µs', meaning: `all ${BOUND}` },
} as const satisfies Readonly<Record<string, MetricFacts>>

export type Metric = keyof typeof METRICS
export type DeviceMetric =
  Extract<Metric, `device.${string}`> extends `device.${infer N}` ? N : never

// The keys of a constant are its names: Object.keys forgets that.
export const METRIC_NAMES = Object.keys(METRICS) as readonly Metric[]

/** Those that cost a host nothing more than being looked at. */
export const DEFAULT_METRICS: readonly Metric[] = METRIC_NAMES.filter(
  (name) => !needsTrace(name)
)

export function needsTrace(name: Metric): boolean {
  return 'needs' in METRICS[name]
}
