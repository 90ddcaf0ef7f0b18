/** The drift of a host by what is stored of it, with what a scan has just changed. */
import type { DriftKind } from '../../store/rows.ts'
import type { StoreReader } from '../../store/store.ts'
import type { InHand } from '../in-hand.ts'
import type { Reconciled } from '../reconcile.ts'
import type { InventoryRows } from '../scanned-row.ts'
import { driftOf, type HostInventory } from './drift.ts'
import type { Found } from './drift-ledger.ts'

/** Of a primary that stays, and whose VFs an operation enables or disables. */
const OF_VFS: readonly DriftKind[] = ['foreign-vfs', 'autoprobe-changed']

export function foundOn(
  host: HostInventory,
  inHand: (functionId: string) => InHand,
  at: string
): Found {
  const primaries = new Map(host.virtualFunctions.map((vf) => [vf.id, vf.controllerId]))
  const isChanging: Found['isChanging'] = ({ functionId, kind }) => {
    const its = inHand(functionId)
    if (its === 'all' || (its === 'vfs' && OF_VFS.includes(kind))) return true
    return inHand(primaries.get(functionId) ?? functionId) === 'all'
  }
  return { drift: driftOf(host), isChanging, at }
}

/**
 * As the rows will be. Columns that a scan does not know stay, also of a drive that comes from another host; rows of other
 * hosts take no part.
 */
export function afterScan(
  hostId: string,
  before: InventoryRows,
  { controllers, virtualFunctions, namespaces }: Reconciled,
  read: Pick<StoreReader, 'controller' | 'virtualFunction'>
): InventoryRows {
  const own = new Set(before.controllers.map(({ id }) => id))
  const come = new Set(
    controllers.map(({ id }) => id).filter((id) => !own.has(id) && read.controller(id))
  )
  return {
    controllers: merged(
      before.controllers,
      controllers.filter((row) => row.hostId === hostId),
      (row, was) => {
        const known = come.has(row.id) ? read.controller(row.id) : was
        return { ...row, sriovBefore: known?.sriovBefore ?? null }
      }
    ),
    virtualFunctions: merged(before.virtualFunctions, virtualFunctions, (row, was) => {
      const known = come.has(row.controllerId) ? read.virtualFunction(row.id) : was
      return { ...row, provisioned: known?.provisioned ?? null }
    }),
    namespaces: merged(before.namespaces, namespaces, (row) => row),
  }
}

function merged<Row extends { readonly id: string }, Seen extends { readonly id: string }>(
  before: readonly Row[],
  changed: readonly Seen[],
  whole: (seen: Seen, was: Row | undefined) => Row
): readonly Row[] {
  if (changed.length === 0) return before
  const rows = new Map(before.map((row) => [row.id, row]))
  for (const seen of changed) rows.set(seen.id, whole(seen, rows.get(seen.id)))
  return [...rows.values()]
}
