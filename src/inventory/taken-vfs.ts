/**
 * Which provisioned VFs the machine itself took away: by a reboot, or with a drive that was pulled and has come again. They
 * are to be brought back, whatever is done about what somebody changes; from when a scan finds them as they are to be, and
 * no operation has them, all else is drift. Pure.
 */
import { isDeepStrictEqual } from 'node:util'
import type { AssignmentRow, ControllerRow } from '../store/rows.ts'
import type { Drift } from './drift/drift.ts'
import {
  seenController,
  type InventoryRows,
  type SeenControllerRow,
} from './scanned-row.ts'

type Scanned = {
  readonly before: InventoryRows
  /** As the rows will be. */
  readonly after: InventoryRows
  readonly assignments: readonly AssignmentRow[]
  readonly drift: readonly Drift[]
  readonly changing: (functionId: string) => string | null
  readonly isNewBoot: boolean
  /** What this boot took away is being brought back. */
  readonly isBeingRestored: boolean
}

/** @returns rows that say something else of it now */
export function takenVfs(scanned: Scanned): readonly SeenControllerRow[] {
  const known = new Map(scanned.before.controllers.map((row) => [row.id, row]))
  return scanned.after.controllers.flatMap((row) => {
    const was = known.get(row.id)
    if (!was || !row.present) return []
    const isBack = scanned.isNewBoot || !was.present || isUnheardOf(scanned, row)
    // Most controllers, in most scans.
    if (!isBack && !row.observation.takenVfs) return []
    const taken = takenOf(scanned, row, isBack)
    if (isDeepStrictEqual(taken, row.observation.takenVfs)) return []
    return taken || row.observation.takenVfs ? [withTaken(row, taken)] : []
  })
}

/** An nvirt that remembered no VFs began with the host, and this one goes on: what is amiss is the boot's doing. */
function isUnheardOf(
  { isBeingRestored }: Scanned,
  { observation }: ControllerRow
): boolean {
  return isBeingRestored && observation.takenVfs === undefined
}

/**
 * undefined: nothing is to be remembered of it. While its host is being restored an empty list is: that none is left.
 *
 * @param isBack it was not there before this scan, or in another boot
 */
function takenOf(
  { after, assignments, drift, changing, isBeingRestored }: Scanned,
  { id, observation }: ControllerRow,
  isBack: boolean
): readonly number[] | undefined {
  const { takenVfs: known = [] } = observation
  const isAmiss = (vfId: string) => drift.some(({ functionId }) => functionId === vfId)
  // Of one that its consumer does not have yet, or any more, the host's driver may be missing once it is released.
  const isHandedOut = (vfId: string) =>
    assignments.some(({ functionId, state }) => functionId === vfId && state !== 'ready')
  const provisioned = after.virtualFunctions.filter(
    (vf) => vf.controllerId === id && vf.provisioned !== null
  )
  const taken = provisioned
    .filter(({ vfNumber }) => isBack || known.includes(vfNumber))
    // An operation that has not ended may yet fail, and undo what looks right now.
    .filter((vf) => isAmiss(vf.id) || isHandedOut(vf.id) || changing(vf.id) !== null)
    .map(({ vfNumber }) => vfNumber)
    .toSorted((a, b) => a - b)
  const isToBeTold = taken.length > 0 || (isBeingRestored && provisioned.length > 0)
  return isToBeTold ? taken : undefined
}

function withTaken(
  row: ControllerRow,
  taken: readonly number[] | undefined
): SeenControllerRow {
  const { takenVfs: _, ...observation } = row.observation
  const told = taken ? { ...observation, takenVfs: taken } : observation
  return { ...seenController(row), observation: told }
}
