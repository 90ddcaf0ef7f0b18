/** Telemetry's face: what the hardware is doing. `createTelemetry` (hub.ts) implements it. */
import type { Caller } from '../access/caller.ts'
import type {
  FrameSource,
  NotObserved,
  UncountedInterrupts,
  Untraced,
} from '../host/frame.ts'
import type { DeviceMetric, Metric } from './metrics.ts'
import type { WatchedFunction } from './scope.ts'

export interface Telemetry {
  /**
   * Gives a frame for each function in scope every period until the returned function is called; those of one tick of a
   * host one after the other, without a pause. Watching hosts or controllers includes their VFs that exist.
   *
   * @param onFrame the frame's columns are filled anew with the next tick: who keeps them copies them
   * @throws ControlPlaneError not-found, invalid (period, an empty scope)
   */
  subscribe: (
    caller: Caller,
    request: SubscribeRequest,
    onFrame: (frame: FrameColumns) => void
  ) => Promise<() => Promise<void>>
  /**
   * Functions in scope as the inventory has them now, ascending by id.
   *
   * @throws ControlPlaneError not-found, invalid (an empty scope)
   */
  list: (caller: Caller, scope: Scope) => readonly WatchedFunction[]
  stop: () => Promise<void>
}

/** The whole fleet, or at least one id. */
export type Scope = {
  readonly fleet?: boolean
  readonly hostIds?: readonly string[]
  readonly controllerIds?: readonly string[]
  readonly virtualFunctionIds?: readonly string[]
}

export type SubscribeRequest = Scope & {
  /** 100 to 60000. */
  readonly periodMs: number
  /** Default: all that cost the host nothing (metrics.ts). */
  readonly metrics?: readonly Metric[]
}

/**
 * How commandsPerSecond was found: each command counted, or the device's exact count, shared out by each queue's interrupts.
 */
export type CommandsBasis = 'trace-histograms' | 'device-count-by-interrupt-share'

/** One function's numbers over one period, as columns with a row for each I/O queue pair. NaN: not observed. */
export type FrameColumns = {
  readonly fn: WatchedFunction
  /** Per function and period, ascending; the same numbers for everybody who watches. */
  readonly sequence: number
  readonly sourceClockMs: number
  readonly wallClockMs: number
  readonly periodMs: number
} & (
  | {
      readonly observed: true
      readonly sources: readonly FrameSource[]
      readonly commandsBasis: CommandsBasis
      readonly queues: QueueNumbers
      readonly device: DeviceNumbers
      /** Why commands and latencies are not observed though somebody asked for them. */
      readonly untraced?: Untraced
    }
  | {
      readonly observed: false
      readonly why: NotObserved
      /** Of a guest's function, those that the host relays: all that can be seen of its queues from here. */
      readonly interrupts?: RelayedInterrupts
    }
)

/** Completions may share an interrupt: these are no commands. */
export type RelayedInterrupts =
  | {
      readonly observed: true
      readonly qid: Float64Array
      readonly perSecond: Float64Array
    }
  | { readonly observed: false; readonly why: UncountedInterrupts }

export type QueueNumbers = {
  readonly qid: Float64Array
  readonly cpus: readonly string[]
  readonly inFlight: Float64Array
  readonly interruptsPerSecond: Float64Array
  readonly commandsPerSecond: Float64Array
  /** Completed in the interval. */
  readonly commands: Float64Array
  /** Those by latency: LATENCY_BUCKETS of each queue, row by row. */
  readonly latency: Float64Array
  /** Powers of two, µs: at most so long took half, 99 % and all of the commands. */
  readonly latencyP50Us: Float64Array
  readonly latencyP99Us: Float64Array
  readonly latencyMaxUs: Float64Array
}

export type DeviceNumbers = { readonly [metric in DeviceMetric]: number }

/** A frame as JSON, as a subscription gets it that names no metrics. null: not observed. */
export type TelemetryFrame = {
  readonly hostId: string
  readonly functionKind: WatchedFunction['kind']
  readonly functionId: string
  readonly sequence: number
  readonly sourceClockMs: number
  /** RFC 3339. */
  readonly at: string
  readonly periodMs: number
} & (
  | {
      readonly observed: true
      readonly sources: readonly FrameSource[]
      readonly queues: {
        readonly qid: readonly number[]
        readonly cpus: readonly string[]
        readonly commandsBasis: CommandsBasis
        readonly inFlight: readonly (number | null)[]
        readonly interruptsPerSecond: readonly (number | null)[]
        readonly commandsPerSecond: readonly (number | null)[]
        /** These only when they are asked for. */
        readonly commands?: readonly (number | null)[]
        readonly latency?: readonly (readonly (number | null)[])[]
        readonly latencyP50Us?: readonly (number | null)[]
        readonly latencyP99Us?: readonly (number | null)[]
        readonly latencyMaxUs?: readonly (number | null)[]
      }
      readonly device: { readonly [metric in DeviceMetric]: number | null }
      /** Only when such metrics were asked for, and are not there. */
      readonly trace?: { readonly observed: false; readonly why: Untraced }
    }
  | {
      readonly observed: false
      readonly why: NotObserved
      readonly interrupts?:
        | {
            readonly observed: true
            readonly qid: readonly number[]
            readonly perSecond: readonly (number | null)[]
          }
        | { readonly observed: false; readonly why: UncountedInterrupts }
    }
)
