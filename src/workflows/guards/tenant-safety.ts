/**
 * Would the VF let its tenant reach what is not its own? Asked of the VF itself while the host's nvme driver has it, else
 * by what is known of it.
 */
import type { Refusal } from '../../errors.ts'
import { tenantSafety } from '../../inventory/tenant-safety.ts'
import type { AssignParams } from '../assign-params.ts'
import type { Ask } from '../host-session.ts'

/** Of a VF that is online: one that is not does not answer. */
export async function refuseUnsafe(
  ask: Ask,
  { fn, accept, reach: known }: AssignParams
): Promise<readonly Refusal[]> {
  if (accept === undefined || accept.includes('not-tenant-safe')) return []
  const { reach } = await ask({ read: 'tenantReach', fn })
  const { verdict, reasons } = tenantSafety(reach ?? known ?? null)
  if (verdict === 'safe') return []
  return [
    {
      check: 'not-tenant-safe',
      device: fn,
      reason: `${fn} is not for a tenant who is not trusted: ${reasons.join('; ')}`,
      remedy: `${verdict === 'unknown' ? LEARN : 'Use a drive whose VFs do not'}; or trust the tenant, and ask with accept: ["not-tenant-safe"].`,
    },
  ]
}

const LEARN = 'Provision one VF of the drive for the nvme driver of the host, which asks it'
