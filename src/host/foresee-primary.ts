/**
 * Pools of a primary after changes: what its secondaries give back or get, and what it allocated to itself once it has
 * been reset.
 * Source: NVMe Base 2.1, "Virtualization Enhancements".
 */
import type { PciAddress } from '../nvme/pci-address.ts'
import type {
  FlexibleKind,
  PrimaryCapabilities,
  SecondaryController,
} from '../nvme/secondary-controller.ts'
import type { AskNow } from './appearing-vf.ts'
import type { HostChange } from './change.ts'
import { secondariesAfter } from './foresee-secondaries.ts'

export async function primaryAfter(
  ask: AskNow,
  changes: readonly HostChange[],
  pf: PciAddress
): Promise<PrimaryCapabilities> {
  const found = await ask({ read: 'primary', pf })
  const made = changes.filter((change) => 'pf' in change && change.pf === pf)
  if (made.length === 0) return found
  const before = await ask({ read: 'secondaries', pf })
  const after = secondariesAfter(before, made, pf)
  const poolAfter = (kind: FlexibleKind) => ({
    ...found[kind],
    assigned: found[kind].assigned + heldBy(after, kind) - heldBy(before.secondaries, kind),
    primary: ownAfter(found[kind].primary, made, kind),
  })
  return { ...found, vq: poolAfter('vq'), vi: poolAfter('vi') }
}

function heldBy(secondaries: readonly SecondaryController[], kind: FlexibleKind): number {
  return secondaries.reduce((sum, { held }) => sum + held[kind], 0)
}

/** What is allocated is in force from the next reset. */
function ownAfter(own: number, changes: readonly HostChange[], kind: FlexibleKind): number {
  return changes.reduce(
    (now, change) => {
      const { inForce, pending } = now
      if (change.change === 'resetPrimary') return { inForce: pending, pending }
      if (change.change !== 'allocatePrimaryResources') return now
      return change.resource === kind ? { inForce, pending: change.count } : now
    },
    { inForce: own, pending: own }
  ).inForce
}
