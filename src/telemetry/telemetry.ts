/** Telemetry's face: what the hardware is doing. `createTelemetry` (hub.ts) implements it. */
import type { Caller } from '../access/caller.ts'
import type { FrameSource, NotObserved } from '../host/frame.ts'

export interface Telemetry {
  /**
   * Sends a frame for each function in scope every period until the returned function is called. Watching hosts or
   * controllers includes their VFs that exist.
   *
   * @throws ControlPlaneError not-found, invalid (period)
   */
  subscribe: (
    caller: Caller,
    request: SubscribeRequest,
    onFrame: (frame: TelemetryFrame) => void
  ) => Promise<() => Promise<void>>
  stop: () => Promise<void>
}

/** At least one id. */
export type SubscribeRequest = {
  readonly hostIds?: readonly string[]
  readonly controllerIds?: readonly string[]
  readonly virtualFunctionIds?: readonly string[]
  /** 100 to 60000. */
  readonly periodMs: number
}

/** One function's numbers over one period. Arrays have one entry per I/O queue pair; null in them: not observed. */
export type TelemetryFrame = {
  readonly hostId: string
  readonly functionKind: 'controller' | 'virtualFunction'
  readonly functionId: string
  /** Per function and period, ascending; the same numbers for everybody who watches. */
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
        readonly inFlight: readonly (number | null)[]
        readonly interruptsPerSecond: readonly (number | null)[]
        readonly commandsPerSecond: readonly (number | null)[]
        /** How commandsPerSecond was found: the device's exact count, shared out by each queue's interrupts. */
        readonly commandsBasis: 'device-count-by-interrupt-share'
      }
      readonly device: {
        readonly readCommandsPerSecond: number | null
        readonly writeCommandsPerSecond: number | null
        readonly readBytesPerSecond: number | null
        readonly writeBytesPerSecond: number | null
        /** Mean over the period, ms; null when nothing completed. */
        readonly readLatencyMs: number | null
        readonly writeLatencyMs: number | null
        readonly inFlight: number | null
      }
    }
  | { readonly observed: false; readonly why: NotObserved }
)
