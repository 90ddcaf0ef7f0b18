/**
 * What VFs have of their primary's pools, and are to have: enough must be left for one that is to get more. One that is
 * provisioned is retired first, when those have gone of which it is sure that they get theirs: only those that wait for
 * each other all let go. One in the pool takes at once, and what others have still is not there. By what the last scan saw;
 * the drive refuses too.
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
  /** It is to have something else, and can have it once all have let go of what they have. */
  readonly isFitting: (id: string) => boolean
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
  const isFitting = (id: string) => [...fit].some((one) => one.id === id)

  /** Whatever becomes of those that are to let go: those that wait in the pool take what they are to have. */
  function isSure({ id, toHave }: Going): boolean {
    const others = going
      .filter((one) => one.id !== id)
      .map((one) => (one.isProvisioned || !fit.has(one) ? one.now : one.toHave))
    return KINDS.every((kind) => toHave[kind] <= left[kind] - sumOf(others, kind))
  }

  function refuseAhead(it: Going): Obstacle | undefined {
    if (isSure(it)) return undefined
    const first = [...fit].find((one) => one.isProvisioned && isSure(one))
    return (
      first && {
        reason: `VF ${it.vfNumber} is to have what VF ${first.vfNumber} of ${address} has until that is changed`,
        remedy: 'Wait: those that need nothing of others are changed first.',
      }
    )
  }

  function refuse(
    { id, vfNumber, provisioned }: VirtualFunctionRow,
    wanted: FlexibleResources
  ): Obstacle | undefined {
    const others = going.filter((one) => one.id !== id)
    const it = [...fit].find((one) => one.id === id)
    if (provisioned && it) return refuseAhead(it)
    const taken = others.map((one) => {
      const then = fit.has(one) || (!it && !one.isProvisioned) ? one.toHave : one.now
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
  return { refuse, isFitting }
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
