/** What history keeps of a host, a controller or a VF, and of a queue: metrics in columns, always in this order. */
import { LATENCY_BUCKETS } from '../../host/frame.ts'

export const FUNCTION_METRICS = [
  'readCommandsPerSecond',
  'writeCommandsPerSecond',
  'readBytesPerSecond',
  'writeBytesPerSecond',
  'readLatencyMs',
  'writeLatencyMs',
  'inFlight',
] as const

export const QUEUE_METRICS = [
  'inFlight',
  'interruptsPerSecond',
  'commandsPerSecond',
] as const

export type FunctionMetric = (typeof FUNCTION_METRICS)[number]
export type QueueMetric = (typeof QUEUE_METRICS)[number]
export type Metric = FunctionMetric | QueueMetric

/** Which columns a series has. */
export type Shape = 'function' | 'queue'

export type ShapeColumns = {
  readonly metrics: readonly Metric[]
  /**
   * Column by which each column's mean is weighed, besides by time: a mean latency is that of commands, and an interval with
   * many counts for more. -1: time only.
   */
  readonly weighedBy: readonly number[]
}

export const SHAPES: Readonly<Record<Shape, ShapeColumns>> = {
  function: { metrics: FUNCTION_METRICS, weighedBy: [-1, -1, -1, -1, 0, 1, -1] },
  queue: { metrics: QUEUE_METRICS, weighedBy: [-1, -1, -1] },
}

export const BUCKETS = LATENCY_BUCKETS
