/** A request for history as a series and whole steps, or refused. */
import { ControlPlaneError } from '../../errors.ts'
import { FINEST_MS, KEEP_MINUTES_MS, KEEP_RECENT_MS, type RangeQuery } from './history.ts'
import { SHAPES } from './metrics.ts'
import { shapeOf, type SeriesKey } from './series.ts'
import { LATENCY_METRIC, MOST_STEPS, type HistoryRequest } from './telemetry-history.ts'

const USUAL_STEPS = 300
/** Steps that people like to read. */
const NICE_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400]

/** @throws ControlPlaneError invalid */
export function keyOf({ scope, id, qid, metrics = [] }: HistoryRequest): SeriesKey {
  if (scope === 'queue' && qid === undefined) {
    throw invalid('qid', 'a queue has a number: give its qid, from 1')
  }
  if (scope !== 'queue' && qid !== undefined) {
    throw invalid('qid', `a ${scope} has none: it goes with scope=queue`)
  }
  const key: SeriesKey =
    scope === 'queue' && qid !== undefined
      ? { scope, id, qid }
      : { scope: scope === 'queue' ? 'controller' : scope, id } // a queue has a qid, as said
  const known: readonly string[] = [...SHAPES[shapeOf(key)].metrics, LATENCY_METRIC]
  const bad = metrics.find((metric) => !known.includes(metric))
  if (bad !== undefined) {
    throw invalid('metrics', `a ${scope} has no ${bad}; it has ${known.join(', ')}`)
  }
  return key
}

/** Aligned to whole steps since the epoch, so that the same instants come in every answer. @throws ControlPlaneError invalid */
export function rangeOf(request: HistoryRequest, nowMs: number): RangeQuery {
  const { toMs = nowMs } = request
  const { fromMs = toMs - KEEP_RECENT_MS } = request
  if (!(fromMs < toMs)) throw invalid('from', 'must be before `to`')
  if (toMs - fromMs > KEEP_MINUTES_MS + 1)
    throw invalid('from', 'more than 30 days are not kept')
  const stepMs = (request.stepSeconds ?? usualSeconds(toMs - fromMs)) * 1000
  const range = {
    fromMs: Math.floor(fromMs / stepMs) * stepMs,
    toMs: Math.ceil(toMs / stepMs) * stepMs,
    stepMs,
  }
  const steps = (range.toMs - range.fromMs) / stepMs
  if (steps <= MOST_STEPS) return range
  throw invalid(
    'stepSeconds',
    `that would be ${steps} steps; at most ${MOST_STEPS} in one answer`
  )
}

function usualSeconds(lengthMs: number): number {
  const least = Math.max(FINEST_MS, lengthMs / USUAL_STEPS) / 1000
  return NICE_SECONDS.find((seconds) => seconds >= least) ?? Math.ceil(least / 3600) * 3600
}

function invalid(field: string, reason: string): ControlPlaneError {
  return new ControlPlaneError('reading telemetry history', {
    kind: 'invalid',
    field,
    reason,
  })
}
