/** What history knows of a function's latency, for what is usual to be known after a restart too. */
import { SYSTEM } from '../../access/caller.ts'
import { FUNCTION_METRICS } from '../history/metrics.ts'
import type { HistoryView, TelemetryHistory } from '../history/telemetry-history.ts'
import { commandMs, type FormerMinutes } from './latency-watch.ts'

const DAY_MS = 24 * 60 * 60_000

export function formerMinutes(
  history: TelemetryHistory,
  nowMs: () => number
): FormerMinutes {
  return async ({ kind, id }) => {
    const toMs = nowMs()
    const range = { fromMs: toMs - DAY_MS, toMs, stepSeconds: 60 }
    return latenciesOf(await history.range(SYSTEM, { scope: kind, id, ...range }))
  }
}

function latenciesOf({ steps, metrics }: HistoryView): readonly number[] {
  const columns = FUNCTION_METRICS.map(
    (name) => metrics.find(({ metric }) => metric === name)?.mean ?? []
  )
  return Array.from({ length: steps }, (_, step) =>
    commandMs(columns.map((column) => column[step] ?? NaN))
  )
}
