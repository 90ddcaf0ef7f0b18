/** Names of series: whose numbers they are. */
import type { Shape } from './metrics.ts'

export type SeriesKey =
  | { readonly scope: 'host' | 'controller' | 'virtualFunction'; readonly id: string }
  /** `id` is that of the controller or VF; `qid` is 1-based. */
  | { readonly scope: 'queue'; readonly id: string; readonly qid: number }

export type SeriesScope = SeriesKey['scope']

export function shapeOf({ scope }: SeriesKey): Shape {
  return scope === 'queue' ? 'queue' : 'function'
}

/** One text for each series, as it stands on disk: `controller 7f…`, `queue 7f… 3`. */
export function seriesName(key: SeriesKey): string {
  return key.scope === 'queue' ? `queue ${key.id} ${key.qid}` : `${key.scope} ${key.id}`
}
