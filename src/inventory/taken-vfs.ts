/**
 * Which provisioned VFs the machine itself took away: by a reboot, or with a drive that was pulled and has come again. They
 * are to be brought back, whatever is done about what somebody changes; from when a scan finds them as they are to be, all
 * else is drift. Pure.
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
  readonly isNewBoot: boolean
}

/** @returns rows that say something else of it now */
export function takenVfs(scanned: Scanned): readonly SeenControllerRow[] {
  const known = new Map(scanned.before.controllers.map((row) => [row.id, row]))
  return scanned.after.controllers.flatMap((row) => {
    const was = known.get(row.id)
    if (!was || !row.present) return []
    const isBack = scanned.isNewBoot || !was.present
    // Most controllers, in most scans.
    if (!isBack && !row.observation.takenVfs) return []
    const taken = takenOf(scanned, row, isBack)
    if (isDeepStrictEqual(taken, row.observation.takenVfs ?? [])) return []
    return [withTaken(row, taken)]
  })
}

/** @param isBack it was not there before this scan, or in another boot */
function takenOf(
  { after, assignments, drift }: Scanned,
  { id, observation }: ControllerRow,
  isBack: boolean
): readonly number[] {
  const { takenVfs: known = [] } = observation
  const isAmiss = (vfId: string) => drift.some(({ functionId }) => functionId === vfId)
  // Of one that its consumer does not have yet, or any more, the host's driver may be missing once it is released.
  const isHandedOut = (vfId: string) =>
    assignments.some(({ functionId, state }) => functionId === vfId && state !== 'ready')
  return after.virtualFunctions
    .filter(({ controllerId, provisioned }) => controllerId === id && provisioned !== null)
    .filter(({ vfNumber }) => isBack || known.includes(vfNumber))
    .filter((vf) => isAmiss(vf.id) || isHandedOut(vf.id))
    .map(({ vfNumber }) => vfNumber)
    .toSorted((a, b) => a - b)
}

function withTaken(row: ControllerRow, taken: readonly number[]): SeenControllerRow {
  const { takenVfs: _, ...observation } = row.observation
  const told = taken.length === 0 ? observation : { ...observation, takenVfs: taken }
  return { ...seenController(row), observation: told }
}
