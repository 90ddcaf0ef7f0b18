/**
 * Which provisioned VFs the machine itself took away: by a reboot, or with a drive that was pulled and has come again. They
 * are to be brought back, whatever is done about what somebody changes; from when a scan finds them as they are to be, and
 * no operation has them, all else is drift. Pure.
 */
import { isDeepStrictEqual } from 'node:util'
import type {
  AssignmentRow,
  ControllerRow,
  ObservedController,
  VirtualFunctionRow,
} from '../store/rows.ts'
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

type Taken = Pick<ObservedController, 'takenVfs' | 'unboundVfs'>

/** @returns rows that say something else of it now */
export function takenVfs(scanned: Scanned): readonly SeenControllerRow[] {
  const known = new Map(scanned.before.controllers.map((row) => [row.id, row]))
  return scanned.after.controllers.flatMap((row) => {
    const was = known.get(row.id)
    if (!was || !row.present) return []
    const isBack = scanned.isNewBoot || !was.present || isUnheardOf(scanned, row)
    const { takenVfs: told, unboundVfs: unbound, ...seen } = row.observation
    // Most controllers, in most scans.
    if (!isBack && !told && !unbound) return []
    const taken = takenOf(scanned, row, isBack)
    const observation = { ...seen, ...taken }
    if (isDeepStrictEqual(observation, row.observation)) return []
    return [{ ...seenController(row), observation }]
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
 * Absent: nothing is to be remembered of it. While its host is being restored an empty list is: that none is left.
 *
 * @param isBack it was not there before this scan, or in another boot
 */
function takenOf(scanned: Scanned, row: ControllerRow, isBack: boolean): Taken {
  const { after, assignments, isBeingRestored } = scanned
  const { takenVfs: told = [], unboundVfs: unbound = [] } = row.observation
  const provisioned = after.virtualFunctions.filter(
    (vf) => vf.controllerId === row.id && vf.provisioned !== null
  )
  const isAssigned = ({ id }: VirtualFunctionRow) =>
    assignments.some(({ functionId }) => functionId === id)
  const wasTaken = ({ vfNumber }: VirtualFunctionRow) => isBack || told.includes(vfNumber)
  const wasUnbound = ({ vfNumber }: VirtualFunctionRow) => unbound.includes(vfNumber)
  const taken = provisioned
    .filter((vf) => wasTaken(vf) || (wasUnbound(vf) && !isAssigned(vf)))
    .filter((vf) => isNotBack(scanned, vf))
  const owed = provisioned
    .filter((vf) => wasTaken(vf) || wasUnbound(vf))
    .filter((vf) => lacksDriver(scanned, vf))
  const isToBeTold = taken.length > 0 || (isBeingRestored && provisioned.length > 0)
  return {
    ...(isToBeTold && { takenVfs: numbersOf(taken) }),
    ...(owed.length > 0 && { unboundVfs: numbersOf(owed) }),
  }
}

/** An operation that has not ended may yet fail, and undo what looks right now. */
function isNotBack({ drift, changing }: Scanned, { id }: VirtualFunctionRow): boolean {
  return drift.some(({ functionId }) => functionId === id) || changing(id) !== null
}

/**
 * Assigned VFs are brought back without it. Whose consumer has it again is given back with it; the release of any other
 * finds nothing that it could undo.
 */
function lacksDriver(
  { assignments }: Scanned,
  { id, provisioned }: VirtualFunctionRow
): boolean {
  const isOut = assignments.some((one) => one.functionId === id && one.state !== 'ready')
  return isOut && provisioned?.driver === 'nvme'
}

function numbersOf(vfs: readonly VirtualFunctionRow[]): readonly number[] {
  return vfs.map(({ vfNumber }) => vfNumber).toSorted((a, b) => a - b)
}
