/**
 * Whether flexible resources suffice for secondaries that are to be provisioned: what *we* refuse before a drive is
 * asked. A drive may refuse more.
 * Source: NVMe Base 2.1, "Virtualization Enhancements"; the codes that QEMU would answer stand beside each refusal.
 */
import {
  freeOf,
  MIN_ONLINE,
  type FlexibleKind,
  type FlexiblePool,
  type FlexibleResources,
  type PrimaryCapabilities,
} from './secondary-controller.ts'

export type BudgetRefusal = { readonly resource: FlexibleKind } &
  /** The primary has none that could be moved (SC 122h). */
  (
    | { readonly refused: 'not-flexible' }
    /** With less a secondary never comes online (SC 120h). */
    | {
        readonly refused: 'below-minimum'
        readonly requested: number
        readonly minimum: number
      }
    /** SC 121h. */
    | {
        readonly refused: 'above-secondary-maximum'
        readonly requested: number
        readonly maximum: number
      }
    /** The drive may round, and then the count could not be verified. */
    | {
        readonly refused: 'granularity'
        readonly requested: number
        readonly granularity: number
      }
    /** Sum over all secondaries of the request (SC 122h). */
    | {
        readonly refused: 'not-free'
        readonly requested: number
        readonly available: number
      }
  )

/**
 * All refusals of a request, none when it fits.
 *
 * @param wanted one entry for each secondary that is to be provisioned, admin queue pair included
 * @param returned what those secondaries still hold and will have given back before
 */
export function refusalsOf(
  primary: PrimaryCapabilities,
  wanted: readonly FlexibleResources[],
  returned: FlexibleResources = { vq: 0, vi: 0 }
): readonly BudgetRefusal[] {
  return KINDS.flatMap((resource) => {
    const requested = wanted.map((each) => each[resource])
    return refusalsOfKind(resource, primary[resource], requested, returned[resource])
  })
}

const KINDS: readonly FlexibleKind[] = ['vq', 'vi']

/** Of one kind: see `refusalsOf`. */
export function refusalsOfKind(
  resource: FlexibleKind,
  pool: FlexiblePool,
  requests: readonly number[],
  returned: number
): readonly BudgetRefusal[] {
  if (requests.length === 0) return []
  // CRT is 3 even on a plain QEMU controller: the total tells whether there is anything to move.
  if (!pool.supported || pool.total === 0) return [{ resource, refused: 'not-flexible' }]
  const each = requests.flatMap((requested) => refusalOfOne(resource, pool, requested))
  const sum = requests.reduce((total, requested) => total + requested, 0)
  const available = freeOf(pool) + returned
  if (sum <= available) return each
  return [...each, { resource, refused: 'not-free', requested: sum, available }]
}

function refusalOfOne(
  resource: FlexibleKind,
  pool: FlexiblePool,
  requested: number
): readonly BudgetRefusal[] {
  const minimum = MIN_ONLINE[resource]
  if (requested < minimum) {
    return [{ resource, refused: 'below-minimum', requested, minimum }]
  }
  if (requested > pool.maxPerSecondary) {
    const maximum = pool.maxPerSecondary
    return [{ resource, refused: 'above-secondary-maximum', requested, maximum }]
  }
  // 0 where a drive states no preference.
  const granularity = Math.max(1, pool.granularity)
  if (requested % granularity !== 0) {
    return [{ resource, refused: 'granularity', requested, granularity }]
  }
  return []
}
