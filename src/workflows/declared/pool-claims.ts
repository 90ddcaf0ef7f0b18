/**
 * What VFs have of their primary's pools, or are to have: enough must be left for one that is to get more. What is claimed
 * counts for those that come after it, so that no two are given the same. By what the last scan saw; the drive refuses too.
 */
import type { FlexibleKind, FlexibleResources } from '../../nvme/secondary-controller.ts'
import type { ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Obstacle } from './obstacles.ts'

export interface PoolClaims {
  /** Claims that for the VF, unless the pools do not suffice, and then says so. */
  readonly claim: (
    row: VirtualFunctionRow,
    wanted: FlexibleResources
  ) => Obstacle | undefined
}

const KINDS: readonly FlexibleKind[] = ['vq', 'vi']

export function poolClaims(
  { address, lastController }: ControllerRow,
  vfs: readonly VirtualFunctionRow[]
): PoolClaims {
  const claims = new Map(vfs.map((row) => [row.id, claimOf(row)]))
  const pools = lastController?.primary ?? null
  function claim(
    { id, vfNumber }: VirtualFunctionRow,
    wanted: FlexibleResources
  ): Obstacle | undefined {
    const others = [...claims]
      .filter(([other]) => other !== id)
      .map(([, claimed]) => claimed)
    for (const kind of pools ? KINDS : []) {
      const { total = 0, primary = 0 } = pools?.[kind] ?? {}
      const left = total - primary - others.reduce((sum, other) => sum + other[kind], 0)
      if (wanted[kind] <= left) continue
      return {
        reason: `VF ${vfNumber} is to have ${wanted[kind]} ${kind.toUpperCase()}, and the others of ${address} leave ${Math.max(0, left)}`,
        remedy: 'Release those that have more than is declared, or declare less.',
      }
    }
    claims.set(id, larger(claims.get(id) ?? wanted, wanted))
    return undefined
  }
  return { claim }
}

/** What it has, or will have again after a reset or a reboot. */
function claimOf({ vq, vi, provisioned }: VirtualFunctionRow): FlexibleResources {
  return larger({ vq, vi }, provisioned ?? { vq: 0, vi: 0 })
}

function larger(one: FlexibleResources, other: FlexibleResources): FlexibleResources {
  return { vq: Math.max(one.vq, other.vq), vi: Math.max(one.vi, other.vi) }
}
