/** An assignment as callers see it: with what its consumer has, and what differs from what it was promised. */
import { driftView } from '../inventory/drift/drift-view.ts'
import { isOfSubsystem } from '../inventory/same-subsystem.ts'
import type { InventoryRows } from '../inventory/scanned-row.ts'
import type { AssignmentRow, DriftRow } from '../store/rows.ts'
import type { StoreReader } from '../store/store.ts'
import type { AssignmentView } from './workflows.ts'

type Read = Pick<StoreReader, 'driftOf' | 'inventoryOf'>

/** For a page of them: drift and inventory are read once for each host. */
export function assignmentViews(
  read: Read,
  changing: (functionId: string) => string | null
): (row: AssignmentRow) => AssignmentView {
  const driftOf = onceForEachHost<readonly DriftRow[]>(read.driftOf)
  const inventoryOf = onceForEachHost(read.inventoryOf)
  return (row) => {
    const { hostId, functionId } = row
    const isSettled = !isOver(row) && changing(functionId) === null
    const drift = isSettled
      ? driftOf(hostId).filter((each) => each.functionId === functionId)
      : []
    return {
      ...row,
      drift: drift.map(driftView),
      namespaceIds: isOver(row) ? [] : namespacesOf(row, inventoryOf(hostId)),
    }
  }
}

function onceForEachHost<Rows>(rowsOf: (hostId: string) => Rows): (hostId: string) => Rows {
  const byHost = new Map<string, Rows>()
  return (hostId) => {
    const rows = byHost.get(hostId) ?? rowsOf(hostId)
    byHost.set(hostId, rows)
    return rows
  }
}

function isOver({ state }: AssignmentRow): boolean {
  return state === 'released' || state === 'failed'
}

/** Those that its controller is attached to, of a VF its secondary controller, as the last scan saw them. */
function namespacesOf(
  { functionId }: AssignmentRow,
  { controllers, virtualFunctions, namespaces }: InventoryRows
): readonly string[] {
  const vf = virtualFunctions.find(({ id }) => id === functionId)
  const controller = controllers.find(({ id }) => id === (vf?.controllerId ?? functionId))
  const cntlid = vf?.cntlid ?? controller?.cntlid
  if (!controller || cntlid === undefined) return []
  return namespaces
    .filter(
      ({ observation }) =>
        isOfSubsystem(controller, observation) && observation.attachedTo.includes(cntlid)
    )
    .map(({ id }) => id)
}
