/**
 * Whether a primary may have so many flexible resources for itself: what *we* refuse before a drive is asked.
 * Source: NVMe Base 2.1, "Virtualization Management command" (Primary Controller Flexible Allocation); the codes that
 * QEMU would answer stand beside each refusal.
 */
import {
  MIN_ONLINE,
  type FlexibleKind,
  type FlexiblePool,
  type FlexibleResources,
  type PrimaryCapabilities,
} from './secondary-controller.ts'

export type PrimaryBudgetRefusal = {
  readonly resource: FlexibleKind
  readonly requested: number
} & (
  | { readonly refused: 'not-flexible' }
  /** With what is private it could not serve its host: an admin and an I/O queue pair, and a vector. Least flexible ones. */
  | { readonly refused: 'below-minimum'; readonly minimum: number }
  /** SC 121h. */
  | { readonly refused: 'above-total'; readonly maximum: number }
  /** The drive may round, and then the count could not be verified. */
  | { readonly refused: 'granularity'; readonly granularity: number }
  /** Secondaries have the others (SC 122h). */
  | { readonly refused: 'not-free'; readonly available: number }
)

/** @param wanted flexible ones of its own, absolute. @returns none when it fits */
export function refusalsOfPrimary(
  primary: PrimaryCapabilities,
  wanted: FlexibleResources
): readonly PrimaryBudgetRefusal[] {
  return (['vq', 'vi'] as const).flatMap((resource) =>
    refusalOfKind(resource, primary[resource], wanted[resource])
  )
}

/** Resources of this kind that can be moved: CRT alone says too much, QEMU sets it on plain controllers too. */
export function isFlexible({ supported, total }: FlexiblePool): boolean {
  return supported && total > 0
}

function refusalOfKind(
  resource: FlexibleKind,
  pool: FlexiblePool,
  requested: number
): readonly PrimaryBudgetRefusal[] {
  const asked = { resource, requested }
  if (!isFlexible(pool)) {
    return requested === 0 ? [] : [{ ...asked, refused: 'not-flexible' }]
  }
  const minimum = MIN_ONLINE[resource] - pool.private
  if (requested < minimum) return [{ ...asked, refused: 'below-minimum', minimum }]
  const maximum = pool.total
  if (requested > maximum) return [{ ...asked, refused: 'above-total', maximum }]
  const granularity = Math.max(1, pool.granularity) // 0 where a drive states no preference
  if (requested % granularity !== 0 && requested !== pool.total) {
    return [{ ...asked, refused: 'granularity', granularity }]
  }
  const available = pool.total - pool.assigned
  return requested > available ? [{ ...asked, refused: 'not-free', available }] : []
}
