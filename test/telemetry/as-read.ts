/** A frame as whoever reads its JSON has it: with all metrics, and copied, since its columns are filled anew. */
import { frameAsJson } from '../../src/telemetry/frame-json.ts'
import { METRIC_NAMES } from '../../src/telemetry/metrics.ts'
import { selectMetrics } from '../../src/telemetry/selection.ts'
import type { FrameColumns, TelemetryFrame } from '../../src/telemetry/telemetry.ts'

const ALL = selectMetrics(METRIC_NAMES)

export function asRead(frame: FrameColumns): TelemetryFrame {
  const text = JSON.stringify(frameAsJson(frame, ALL))
  return JSON.parse(text) as TelemetryFrame // with all metrics it is one; the socket's tests hold it against the schema
}
