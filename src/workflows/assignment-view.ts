/** An assignment as callers see it: with what differs from what its consumer was promised. */
import { driftView } from '../inventory/drift/drift-view.ts'
import type { AssignmentRow, DriftRow } from '../store/rows.ts'
import type { StoreReader } from '../store/store.ts'
import type { AssignmentView } from './workflows.ts'

/** For a page of them: drift is read once for each host. */
export function assignmentViews(
  read: Pick<StoreReader, 'driftOf'>,
  changing: (functionId: string) => string | null
): (row: AssignmentRow) => AssignmentView {
  const byHost = new Map<string, readonly DriftRow[]>()
  return (row) => {
    const { hostId, functionId } = row
    const ofHost = byHost.get(hostId) ?? read.driftOf(hostId)
    byHost.set(hostId, ofHost)
    const isSettled = !isOver(row) && changing(functionId) === null
    const drift = ofHost.filter((each) => isSettled && each.functionId === functionId)
    return { ...row, drift: drift.map(driftView) }
  }
}

function isOver({ state }: AssignmentRow): boolean {
  return state === 'released' || state === 'failed'
}
