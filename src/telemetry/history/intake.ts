/** What history and findings take from telemetry: the only file of theirs that knows how a frame looks. */
import type { WatchedFunction } from '../scope.ts'
import type { FrameColumns } from '../telemetry.ts'
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

/** A copy: the frame's columns are filled anew with the next tick. */
export function readingOf(frame: FrameColumns): FunctionReading {
  const { fn, periodMs, sequence } = frame
  const { hostId, kind, id } = fn
  const heading = { hostId, kind, id, periodMs, sequence }
  if (!frame.observed) return { ...heading, observed: null }
  const { device, queues } = frame
  return {
    ...heading,
    observed: {
      device: Float64Array.from(FUNCTION_METRICS, (metric) => device[metric]),
      queues: {
        qid: queues.qid.slice(),
        inFlight: queues.inFlight.slice(),
        interruptsPerSecond: queues.interruptsPerSecond.slice(),
        commandsPerSecond: queues.commandsPerSecond.slice(),
        latency: queues.latency.slice(),
      },
    },
  }
}
