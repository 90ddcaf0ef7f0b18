/** The face of history: what the hardware did. `openHistory` (service.ts) makes one. */
import type { Caller } from '../../access/caller.ts'
import type { Metric } from './metrics.ts'
import type { SeriesScope } from './series.ts'

export { FUNCTION_METRICS, QUEUE_METRICS, type Metric } from './metrics.ts'
export type { SeriesScope } from './series.ts'

export const LATENCY_METRIC = 'latency'
/** Steps of one answer. */
export const MOST_STEPS = 2_000

export interface TelemetryHistory {
  /**
   * @throws ControlPlaneError invalid; not-found: neither the inventory nor history knows it
   */
  range: (caller: Caller, request: HistoryRequest) => Promise<HistoryView>
  pins: (caller: Caller) => readonly PinView[]
  /** Its queues are kept from now on, although nobody looks. Safe to repeat. @throws ControlPlaneError not-found, wrong-state */
  pin: (caller: Caller, functionId: string) => Promise<PinView>
  /** Safe to repeat. */
  unpin: (caller: Caller, functionId: string) => Promise<PinView>
}

export type HistoryRequest = {
  readonly scope: SeriesScope
  /** Of the host, controller or VF; of the function whose queue it is. */
  readonly id: string
  /** Of a queue, 1-based. */
  readonly qid?: number
  /** Default: all but latency. */
  readonly metrics?: readonly (Metric | typeof LATENCY_METRIC)[]
  /** ms since the epoch. Default: a quarter of an hour before `toMs`. */
  readonly fromMs?: number
  /** Default: now. */
  readonly toMs?: number
  /** Default: so that there are at most 300. */
  readonly stepSeconds?: number
}

/** Step `i` begins at `from` + `i` × `stepSeconds`. null: not observed. */
export type HistoryView = {
  readonly scope: SeriesScope
  readonly id: string
  readonly qid: number | null
  /** RFC 3339. The range that was asked for, widened to whole steps. */
  readonly from: string
  readonly to: string
  readonly stepSeconds: number
  readonly steps: number
  /** What of it there is, oldest first; none: nothing. */
  readonly sources: readonly HistorySourceView[]
  readonly metrics: readonly MetricView[]
  /** null: not asked for. */
  readonly latency: LatencyView | null
}

export type HistorySourceView = {
  readonly kept: 'memory' | 'disk'
  readonly from: string
  readonly to: string
  readonly resolutionSeconds: number
}

export type MetricView = {
  readonly metric: Metric
  readonly mean: readonly (number | null)[]
  readonly max: readonly (number | null)[]
}

export type LatencyView = {
  /** Upper bound of each bucket but the last, which has all above; µs. */
  readonly boundsMicroseconds: readonly number[]
  readonly counts: readonly (readonly number[] | null)[]
}

export type PinView = { readonly functionId: string; readonly pinned: boolean }
