/** A frame for people: JSON, with null for what is not observed. Only made where somebody asked for JSON. */
import { isoTime } from '../clock.ts'
import { LATENCY_BUCKETS } from '../host/frame.ts'
import { needsTrace } from './metrics.ts'
import type { Selection } from './selection.ts'
import type {
  DeviceNumbers,
  FrameColumns,
  QueueNumbers,
  RelayedInterrupts,
} from './telemetry.ts'

/** A `TelemetryFrame`, less the metrics that were not asked for. */
export function frameAsJson(frame: FrameColumns, { metrics, device, queues }: Selection) {
  const { fn, sequence, sourceClockMs, wallClockMs, periodMs } = frame
  const heading = {
    hostId: fn.hostId,
    functionKind: fn.kind,
    functionId: fn.id,
    sequence,
    sourceClockMs,
    at: isoTime(wallClockMs),
    periodMs,
  }
  if (!frame.observed) {
    const { why, interrupts } = frame
    const relayed = interrupts && { interrupts: relayedAsJson(interrupts) }
    return { ...heading, observed: false as const, why, ...relayed }
  }
  const { sources, commandsBasis, untraced } = frame
  const { qid, cpus } = frame.queues
  return {
    ...heading,
    observed: true as const,
    sources,
    queues: {
      qid: Array.from(qid),
      cpus,
      commandsBasis,
      ...Object.fromEntries(queues.map((name) => [name, columnAsJson(frame.queues, name)])),
    },
    device: Object.fromEntries(device.map((name) => [name, numberOf(frame.device, name)])),
    ...(untraced !== undefined &&
      metrics.some(needsTrace) && { trace: { observed: false as const, why: untraced } }),
  }
}

function relayedAsJson(interrupts: RelayedInterrupts) {
  if (!interrupts.observed) return interrupts
  const { qid, perSecond } = interrupts
  return {
    observed: true as const,
    qid: Array.from(qid),
    perSecond: columnOrNull(perSecond),
  }
}

function numberOf(device: DeviceNumbers, name: keyof DeviceNumbers) {
  return orNull(device[name])
}

function columnAsJson(numbers: QueueNumbers, name: Selection['queues'][number]) {
  const column = numbers[name]
  if (name !== 'latency') return columnOrNull(column)
  return Array.from(numbers.qid, (_, row) =>
    columnOrNull(column.subarray(row * LATENCY_BUCKETS, (row + 1) * LATENCY_BUCKETS))
  )
}

/** As JSON has no NaN: null says "not observed". */
function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

export function columnOrNull(column: Float64Array): readonly (number | null)[] {
  return Array.from(column, orNull)
}
