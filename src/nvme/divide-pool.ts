/**
 * Dividing a primary's pools between VFs: what each is given, as fair as can be within the pool, the most that one
 * secondary may have, and the granularity of the drive; or why it cannot be.
 * Source: NVMe Base 2.1, "Primary Controller Capabilities data structure" (VQFRT, VQFRSM, VQGRAN, and those of VI).
 */
import { refusalsOfKind, type BudgetRefusal } from './budget.ts'
import { fairShares, type Bounds } from './fair-shares.ts'
import { isFlexible } from './primary-budget.ts'
import {
  freeOf,
  MIN_ONLINE,
  type FlexibleKind,
  type FlexiblePool,
  type FlexibleResources,
  type PrimaryCapabilities,
} from './secondary-controller.ts'

/** How VFs share one kind of resource. Counts are of VQ or VI, the admin queue pair included. */
export type Sharing =
  | { readonly each: number }
  | {
      /** One for each VF, 1 to 1000: as much for one as its weight is of all. */
      readonly weights: readonly number[]
      /** Default: what a secondary needs to come online. Rounded up to the granularity. */
      readonly minimum?: number
      /** Default, and at most: what one secondary may have. Rounded down to the granularity. */
      readonly maximum?: number
    }

export type DivisionRefusal =
  | BudgetRefusal
  /** No multiple of the granularity is within the bounds. */
  | {
      readonly resource: FlexibleKind
      readonly refused: 'no-multiple'
      readonly minimum: number
      readonly maximum: number
      readonly granularity: number
    }

export type Division<Given> =
  | { readonly divided: true; readonly shares: readonly Given[] }
  | { readonly divided: false; readonly refusals: readonly DivisionRefusal[] }

/**
 * @param available what the VFs may have together: what is free, and what those of them hold that will give it back
 * @param sharing of both kinds, for the same number of VFs
 */
export function dividePools(
  primary: PrimaryCapabilities,
  available: FlexibleResources,
  count: number,
  sharing: Readonly<Record<FlexibleKind, Sharing>>
): Division<FlexibleResources> {
  const vq = divideOne('vq', primary.vq, available.vq, count, sharing.vq)
  const vi = divideOne('vi', primary.vi, available.vi, count, sharing.vi)
  if (vq.divided && vi.divided) {
    const shares = vq.shares.map((share, at) => ({ vq: share, vi: vi.shares[at] ?? 0 }))
    return { divided: true, shares }
  }
  const refusals = [vq, vi].flatMap((one) => (one.divided ? [] : one.refusals))
  return { divided: false, refusals }
}

function divideOne(
  resource: FlexibleKind,
  pool: FlexiblePool,
  available: number,
  count: number,
  sharing: Sharing
): Division<number> {
  if ('weights' in sharing) return divideByWeight(resource, pool, available, sharing)
  const shares = Array.from({ length: count }, () => sharing.each)
  const returned = available - freeOf(pool)
  const all = refusalsOfKind(resource, pool, shares, returned)
  // All ask for the same, so that what is wrong with one is wrong with each.
  const refusals = [...new Map(all.map((one) => [one.refused, one])).values()]
  return refusals.length > 0 ? { divided: false, refusals } : { divided: true, shares }
}

type ByWeight = Extract<Sharing, { readonly weights: readonly number[] }>

function divideByWeight(
  resource: FlexibleKind,
  pool: FlexiblePool,
  available: number,
  sharing: ByWeight
): Division<number> {
  const bounds = boundsOf(pool, sharing, MIN_ONLINE[resource])
  const { weights } = sharing
  const refusal = refusalOfBounds(resource, pool, sharing, bounds)
  if (refusal) return { divided: false, refusals: [refusal] }
  const requested = bounds.least * weights.length
  if (requested > available) {
    const refusals = [{ resource, refused: 'not-free', requested, available }] as const
    return { divided: false, refusals }
  }
  const grain = grainOf(pool)
  const inGrains = { least: bounds.least / grain, most: bounds.most / grain }
  const shares = fairShares(Math.floor(available / grain), weights, inGrains)
  return { divided: true, shares: shares.map((share) => share * grain) }
}

function boundsOf(
  pool: FlexiblePool,
  { minimum, maximum }: ByWeight,
  toBeOnline: number
): Bounds {
  const grain = grainOf(pool)
  const most = Math.min(maximum ?? pool.maxPerSecondary, pool.maxPerSecondary)
  return {
    least: Math.ceil((minimum ?? toBeOnline) / grain) * grain,
    most: Math.floor(most / grain) * grain,
  }
}

function refusalOfBounds(
  resource: FlexibleKind,
  pool: FlexiblePool,
  { minimum = MIN_ONLINE[resource], maximum = pool.maxPerSecondary }: ByWeight,
  { least, most }: Bounds
): DivisionRefusal | undefined {
  if (!isFlexible(pool)) return { resource, refused: 'not-flexible' }
  if (minimum < MIN_ONLINE[resource]) {
    const needed = MIN_ONLINE[resource]
    return { resource, refused: 'below-minimum', requested: minimum, minimum: needed }
  }
  if (minimum > pool.maxPerSecondary) {
    const allowed = pool.maxPerSecondary
    const refused = 'above-secondary-maximum'
    return { resource, refused, requested: minimum, maximum: allowed }
  }
  if (least <= most) return undefined
  const granularity = grainOf(pool)
  return { resource, refused: 'no-multiple', minimum, maximum, granularity }
}

/** 0 where a drive states no preference. */
function grainOf({ granularity }: FlexiblePool): number {
  return Math.max(1, granularity)
}
