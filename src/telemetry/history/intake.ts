/** What history and findings take from telemetry: the only file of theirs that knows how a frame looks. */
import type { WatchedFunction } from '../scope.ts'
import type { TelemetryFrame } from '../telemetry.ts'
import { FUNCTION_METRICS } from './metrics.ts'

/** One function over one interval. NaN: not observed. */
export type FunctionReading = Pick<WatchedFunction, 'hostId' | 'kind' | 'id'> & {
  readonly periodMs: number
  readonly sequence: number
  /** null: neither the function nor its queues can be seen. */
  readonly observed: ObservedReading | null
}

export type ObservedReading = {
  /** FUNCTION_METRICS, in their order. */
  readonly device: Float64Array
  /** Columns with a row for each I/O queue pair. */
  readonly queues: {
    readonly qid: ArrayLike<number>
    readonly inFlight: Float64Array
    readonly interruptsPerSecond: Float64Array
    readonly commandsPerSecond: Float64Array
    /** Commands completed in the interval: BUCKETS of each queue, row by row. Empty: not observed. */
    readonly latency: Float64Array
  }
}

/** Frames have no latencies of single commands yet. */
const NO_LATENCY = new Float64Array(0)

export function readingOf(frame: TelemetryFrame): FunctionReading {
  const { hostId, functionKind: kind, functionId: id, periodMs, sequence } = frame
  const heading = { hostId, kind, id, periodMs, sequence }
  if (!frame.observed) return { ...heading, observed: null }
  const { device, queues } = frame
  return {
    ...heading,
    observed: {
      device: Float64Array.from(FUNCTION_METRICS, (metric) => device[metric] ?? NaN),
      queues: {
        qid: queues.qid,
        inFlight: numbers(queues.inFlight),
        interruptsPerSecond: numbers(queues.interruptsPerSecond),
        commandsPerSecond: numbers(queues.commandsPerSecond),
        latency: NO_LATENCY,
      },
    },
  }
}

function numbers(column: readonly (number | null)[]): Float64Array {
  return Float64Array.from(column, (value) => value ?? NaN)
}
