/**
 * Whether a VF may be given to a tenant who is not trusted: by its own words, else by those of other VFs of its primary
 * under the firmware that the drive has now. Without any nothing is known: of its primary nobody can ask for it.
 */
import type { TenantReach } from '../nvme/tenant-reach.ts'
import { reachInWords, TENANT_REACH } from '../nvme/tenant-reach.ts'
import type { ControllerRow, ReachOfVf } from '../store/rows.ts'

export type TenantSafety = {
  readonly verdict: 'safe' | 'not-safe' | 'unknown'
  /** What a tenant could do to others by it, in words; or why that is not known. */
  readonly reasons: readonly string[]
}

/** What it lets a tenant do; null: unknown. */
export function knownReach(
  { observation, lastController }: ControllerRow,
  vfNumber: number
): readonly TenantReach[] | null {
  const told = (observation.reachOfVfs ?? []).filter(
    ({ firmware }) => firmware === lastController?.firmware
  )
  const own = told.find((one) => one.vfNumber === vfNumber)
  if (own) return own.reach
  return told.length === 0 ? null : TENANT_REACH.filter((reach) => isTold(told, reach))
}

function isTold(told: readonly ReachOfVf[], reach: TenantReach): boolean {
  return told.some((one) => one.reach.includes(reach))
}

export function tenantSafety(reach: readonly TenantReach[] | null): TenantSafety {
  if (reach === null) return { verdict: 'unknown', reasons: [UNKNOWN] }
  const reasons = reach.map((one) => `its tenant could ${reachInWords(one)}`)
  return { verdict: reasons.length === 0 ? 'safe' : 'not-safe', reasons }
}

const UNKNOWN =
  'no VF of its drive was ever on the host’s nvme driver under the firmware of now, so what one lets its tenant do is not known'
