/** An assignment as callers see it: with what its consumer has, and what differs from what it was promised. */
import { driftView } from '../inventory/drift/drift-view.ts'
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
  const namespacesOf = onceForEachHost((id) => namespacesByFunction(read.inventoryOf(id)))
  return (row) => {
    const { hostId, functionId } = row
    const isSettled = !isOver(row) && changing(functionId) === null
    const drift = isSettled
      ? driftOf(hostId).filter((each) => each.functionId === functionId)
      : []
    return {
      ...row,
      drift: drift.map(driftView),
      namespaceIds: isOver(row) ? [] : (namespacesOf(hostId).get(functionId) ?? []),
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

/** By function: namespaces that its controller is attached to, of a VF its secondary controller, as the last scan saw them. */
function namespacesByFunction({
  controllers,
  virtualFunctions,
  namespaces,
}: InventoryRows): ReadonlyMap<string, readonly string[]> {
  const byCntlid = new Map<string, string[]>()
  for (const { id, observation } of namespaces)
    for (const cntlid of observation.attachedTo) {
      const key = keyOf(observation, cntlid)
      const ids = byCntlid.get(key)
      if (ids) ids.push(id)
      else byCntlid.set(key, [id])
    }
  const primaries = new Map(controllers.map((row) => [row.id, row]))
  return new Map([
    ...controllers.map(
      (row) => [row.id, byCntlid.get(keyOf(row, row.cntlid)) ?? []] as const
    ),
    ...virtualFunctions.map(({ id, controllerId, cntlid }) => {
      const primary = primaries.get(controllerId)
      return [id, (primary && byCntlid.get(keyOf(primary, cntlid))) ?? []] as const
    }),
  ])
}

type OfSubsystem = { readonly serial: string; readonly subsystemNqn: string }

function keyOf({ serial, subsystemNqn }: OfSubsystem, cntlid: number): string {
  return JSON.stringify([serial, subsystemNqn, cntlid])
}
