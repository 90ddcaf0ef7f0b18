/** What can be subscribed to: functions in scope, a page at a time, and all metrics with what each of them takes. */
import { METRIC_NAMES, METRICS, type MetricFacts } from '../../telemetry/metrics.ts'
import type { WatchedFunction } from '../../telemetry/scope.ts'

/** A message of these has about 150 kB. */
export const FUNCTIONS_A_PAGE = 1000

export type Listing = {
  /** Ascending by id. */
  readonly functions: readonly {
    readonly hostId: string
    readonly functionKind: WatchedFunction['kind']
    readonly functionId: string
  }[]
  /** For `after`, when there are more. */
  readonly next: string | null
  readonly metrics: readonly ListedMetric[]
}

type ListedMetric = Omit<MetricFacts, 'needs'> & {
  readonly name: string
  readonly needs: 'trace-histograms' | null
}

/**
 * @param functions ascending by id
 * @param after only those behind this id
 */
export function listingOf(functions: readonly WatchedFunction[], after = ''): Listing {
  const behind = functions.filter(({ id }) => id > after)
  const page = behind.slice(0, FUNCTIONS_A_PAGE)
  return {
    functions: page.map(({ hostId, kind, id }) => ({
      hostId,
      functionKind: kind,
      functionId: id,
    })),
    next: behind.length > page.length ? (page.at(-1)?.id ?? null) : null,
    metrics: METRIC_NAMES.map((name) => {
      const facts: MetricFacts = METRICS[name]
      return { name, ...facts, needs: facts.needs ?? null }
    }),
  }
}
