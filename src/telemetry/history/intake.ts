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

/** Its queues' columns are the frame's, which the next tick fills anew: who keeps them keeps `keptReading`. */
export function readingOf(frame: FrameColumns): FunctionReading {
  const { fn, periodMs, sequence } = frame
  const { hostId, kind, id } = fn
  const heading = { hostId, kind, id, periodMs, sequence }
  if (!frame.observed) return { ...heading, observed: null }
  const device = new Float64Array(FUNCTION_METRICS.length)
  for (let m = 0; m < device.length; m++) device[m] = frame.device[FUNCTION_METRICS[m]!] // as long
  return { ...heading, observed: { device, queues: frame.queues } }
}

/** The same, as it is now. */
export function keptReading(reading: FunctionReading): FunctionReading {
  if (reading.observed === null) return reading
  const { device, queues } = reading.observed
  return {
    ...reading,
    observed: {
      device,
      queues: {
        qid: Float64Array.from(queues.qid),
        inFlight: queues.inFlight.slice(),
        interruptsPerSecond: queues.interruptsPerSecond.slice(),
        commandsPerSecond: queues.commandsPerSecond.slice(),
        latency: queues.latency.slice(),
      },
    },
  }
}
