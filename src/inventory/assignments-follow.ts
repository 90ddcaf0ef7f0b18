/**
 * Standing assignments after a scan. A reboot takes vfio-pci away, and so does pulling the drive: what its consumer was
 * told is true no longer, and it is not ready until it is back. Pure.
 */
import { SYSTEM } from '../access/caller.ts'
import type { EventType } from '../events/catalogue.ts'
import { eventWrite } from '../events/events.ts'
import type { AssignmentRow, AssignmentState } from '../store/rows.ts'
import type { StoreWrite } from '../store/store.ts'
import type { InventoryRows } from './scanned-row.ts'

type Seen = {
  readonly rows: InventoryRows
  readonly bootId: string
  readonly changing: (functionId: string) => string | null
  readonly at: string
}

export function assignmentsFollow(
  assignments: readonly AssignmentRow[],
  seen: Seen
): { readonly rows: readonly AssignmentRow[]; readonly writes: readonly StoreWrite[] } {
  const followed = assignments.map((row) => ({ row, next: nextOf(row, seen) }))
  return {
    rows: followed.map(({ row, next }) =>
      next ? { ...row, state: next, handOver: null } : row
    ),
    writes: followed.flatMap(({ row, next }) => (next ? writesOf(row, next, seen) : [])),
  }
}

type Next = Extract<AssignmentState, 'lost' | 'restoring'>

/** undefined: it stays as it is. */
function nextOf(row: AssignmentRow, seen: Seen): Next | undefined {
  if (seen.changing(row.functionId) !== null) return undefined
  const isPresent = isThere(row, seen.rows)
  switch (row.state) {
    case 'ready':
      if (!isPresent) return 'lost'
      return row.before?.identity.pci.bootId === seen.bootId ? undefined : 'restoring'
    case 'restoring':
      return isPresent ? undefined : 'lost'
    case 'lost':
      return isPresent ? 'restoring' : undefined
    case 'requested':
    case 'preparing':
    case 'releasing':
    case 'cleaning':
    case 'quarantined':
    case 'released':
    case 'failed':
      return undefined
  }
}

/** Of a VF its primary decides: VFs that are only disabled can be enabled again. */
function isThere({ functionId }: AssignmentRow, rows: InventoryRows): boolean {
  const vf = rows.virtualFunctions.find(({ id }) => id === functionId)
  const controllerId = vf?.controllerId ?? functionId
  return rows.controllers.some(({ id, present }) => id === controllerId && present)
}

function writesOf(row: AssignmentRow, state: Next, { at }: Seen): readonly StoreWrite[] {
  const { id, hostId, functionId, tenant, handOver, before } = row
  const type: EventType = state === 'lost' ? 'assignment.lost' : 'assignment.restoring'
  const pciAddress = handOver?.address ?? before?.identity.address
  return [
    { write: 'updateAssignment', id, set: { state, handOver: null }, at },
    eventWrite({
      type,
      hostId,
      subject: { kind: 'assignment', id },
      actor: SYSTEM.actor,
      tenant,
      operationId: null,
      detail: { functionId, pciAddress },
      at,
    }),
  ]
}
