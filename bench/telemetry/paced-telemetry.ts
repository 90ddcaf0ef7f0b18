/** Telemetry whose hosts tick when they are told to: everything behind the door, in front of which the product's code runs. */
import type { FrameColumns, Telemetry } from '../../src/telemetry/telemetry.ts'
import { queueFrames } from './queue-frames.ts'

export type PacedTelemetry = Telemetry & {
  /** A tick of one host with all its functions. */
  readonly tick: () => void
}

export function pacedTelemetry(functions: number, queues: number): PacedTelemetry {
  const viewers = new Set<(frame: FrameColumns) => void>()
  const all = Array.from({ length: functions }, (_, n) => queueFrames(queues, n))
  return {
    subscribe: async (_caller, _request, onFrame) => {
      viewers.add(onFrame)
      return async () => void viewers.delete(onFrame)
    },
    list: () => [],
    stop: async () => viewers.clear(),
    tick: () => {
      for (const { next } of all) {
        const frame = next()
        for (const onFrame of viewers) onFrame(frame)
      }
    },
  }
}
