/** A range as clients get it. */
import { isoTime } from '../../clock.ts'
import { columnOrNull } from '../frame-json.ts'
import type { Range } from './history.ts'
import { BUCKETS } from './metrics.ts'
import {
  LATENCY_METRIC,
  type HistoryRequest,
  type HistoryView,
  type LatencyView,
} from './telemetry-history.ts'

export function viewOf(request: HistoryRequest, range: Range): HistoryView {
  const { scope, id, qid = null, metrics } = request
  const { fromMs, stepMs, count } = range
  return {
    scope,
    id,
    qid,
    from: isoTime(fromMs),
    to: isoTime(fromMs + count * stepMs),
    stepSeconds: stepMs / 1000,
    steps: count,
    sources: range.sources.map((source) => ({
      kept: source.kept,
      from: isoTime(source.fromMs),
      to: isoTime(source.toMs),
      resolutionSeconds: source.resolutionMs / 1000,
    })),
    metrics: range.metrics
      .filter(({ metric }) => metrics === undefined || metrics.includes(metric))
      .map(({ metric, mean, max }) => ({
        metric,
        mean: columnOrNull(mean),
        max: columnOrNull(max),
      })),
    latency: metrics?.includes(LATENCY_METRIC) ? latencyOf(range) : null,
  }
}

function latencyOf({ latency }: Range): LatencyView {
  return {
    boundsMicroseconds: Array.from({ length: BUCKETS - 1 }, (_, b) => 2 ** b),
    counts: latency.map((counts) => counts && Array.from(counts)),
  }
}
