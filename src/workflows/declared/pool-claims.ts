/**
 * What VFs have of their primary's pools, and are to have: enough must be left for one that is to get more. One that is
 * provisioned is retired first, so that those that wait for each other all let go; one in the pool takes at once, and what
 * others have still is not there. By what the last scan saw; the drive refuses too.
 */
import type { FlexibleKind, FlexibleResources } from '../../nvme/secondary-controller.ts'
import type { ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Obstacle } from './obstacles.ts'
import { KINDS, whichFit, type Going } from './which-fit.ts'

export interface PoolClaims {
  /** undefined: it can have that. */
  readonly refuse: (
    row: VirtualFunctionRow,
    wanted: FlexibleResources
  ) => Obstacle | undefined
}

/** @param toHave of those that are to have something else, and that the pools alone may hold up, by their ids */
export function poolClaims(
  { address, lastController }: ControllerRow,
  vfs: readonly VirtualFunctionRow[],
  toHave: ReadonlyMap<string, FlexibleResources>
): PoolClaims {
  const pools = lastController?.primary
  const room = (kind: FlexibleKind) =>
    pools ? pools[kind].total - pools[kind].primary : Infinity
  const going = vfs.flatMap((row) => {
    const wanted = toHave.get(row.id)
    return wanted ? [goingTo(row, wanted)] : []
  })
  const staying = vfs.filter(({ id }) => !toHave.has(id)).map(hasNow)
  const left = {
    vq: room('vq') - sumOf(staying, 'vq'),
    vi: room('vi') - sumOf(staying, 'vi'),
  }
  const fit = whichFit(left, going)

  function refuse(
    { id, vfNumber, provisioned }: VirtualFunctionRow,
    wanted: FlexibleResources
  ): Obstacle | undefined {
    const others = going.filter((one) => one.id !== id)
    const isFitting = [...fit].some((one) => one.id === id)
    if (provisioned && isFitting) return undefined
    const taken = others.map((one) => {
      const then = fit.has(one) || (!isFitting && !one.isProvisioned) ? one.toHave : one.now
      return provisioned ? then : larger(one.now, then)
    })
    const lacking = KINDS.find((kind) => wanted[kind] > left[kind] - sumOf(taken, kind))
    if (lacking === undefined) return undefined
    const rest = Math.max(0, left[lacking] - sumOf(taken, lacking))
    return {
      reason: `VF ${vfNumber} is to have ${wanted[lacking]} ${lacking.toUpperCase()}, and the others of ${address} leave ${rest}`,
      remedy: 'Release those that have more than is declared, or declare less.',
    }
  }
  return { refuse }
}

function goingTo(row: VirtualFunctionRow, toHave: FlexibleResources): Going {
  const { id, vfNumber, provisioned } = row
  return { id, vfNumber, isProvisioned: provisioned !== null, now: hasNow(row), toHave }
}

/** Or will have again after a reset or a reboot. */
function hasNow({ vq, vi, provisioned }: VirtualFunctionRow): FlexibleResources {
  return larger({ vq, vi }, provisioned ?? NOTHING)
}

export const NOTHING: FlexibleResources = { vq: 0, vi: 0 }

function sumOf(resources: readonly FlexibleResources[], kind: FlexibleKind): number {
  return resources.reduce((sum, one) => sum + one[kind], 0)
}

function larger(one: FlexibleResources, other: FlexibleResources): FlexibleResources {
  return { vq: Math.max(one.vq, other.vq), vi: Math.max(one.vi, other.vi) }
}
