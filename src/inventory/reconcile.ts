/**
 * The rows of one host after a scan, and what an event log should say about the difference. Pure: the same rows and
 * observation give the same answer, and nothing is changed when nothing differs.
 */
import { isDeepStrictEqual } from 'node:util'
import type { HostObservation } from '../host/observation.ts'
import type { NamespaceRow } from '../store/rows.ts'
import type { Difference } from './difference.ts'
import type { Elsewhere } from './elsewhere.ts'
import { matchControllers } from './match-controllers.ts'
import { reconcileControllers } from './reconcile-controllers.ts'
import { reconcileNamespaces } from './reconcile-namespaces.ts'
import { reconcileVirtualFunctions } from './reconcile-virtual-functions.ts'
import {
  seenController,
  seenVirtualFunction,
  type InventoryRows,
  type SeenControllerRow,
  type SeenVirtualFunctionRow,
} from './scanned-row.ts'

export type Reconciled = {
  /** Whole rows, only those that changed. */
  readonly controllers: readonly SeenControllerRow[]
  readonly virtualFunctions: readonly SeenVirtualFunctionRow[]
  readonly namespaces: readonly NamespaceRow[]
  readonly differences: readonly Difference[]
}

export type Scan = {
  readonly hostId: string
  readonly before: InventoryRows
  readonly observation: HostObservation
  /** The operation that holds a function: what it does is no drift. */
  readonly changing: (functionId: string) => string | null
  readonly elsewhere: Elsewhere
}

export function reconcile(scan: Scan): Reconciled {
  const { hostId, before, observation, elsewhere } = scan
  const matched = matchControllers(
    hostId,
    before.controllers,
    observation.functions,
    elsewhere
  )
  const controllers = reconcileControllers(scan, matched)
  const virtualFunctions = reconcileVirtualFunctions(scan, matched, controllers.rows)
  const namespaces = reconcileNamespaces(scan, controllers.rows)
  return {
    controllers: changedRows(before.controllers.map(seenController), controllers.rows),
    virtualFunctions: changedRows(
      before.virtualFunctions.map(seenVirtualFunction),
      virtualFunctions.rows
    ),
    namespaces: changedRows(before.namespaces, namespaces.rows),
    differences: [
      ...controllers.differences,
      ...virtualFunctions.differences,
      ...namespaces.differences,
    ],
  }
}

/** When nothing but the time of the look differs, the row stays; views take that time from the host. */
function changedRows<Row extends { readonly id: string; readonly observedAt: string }>(
  before: readonly Row[],
  after: readonly Row[]
): readonly Row[] {
  const known = new Map(before.map((row) => [row.id, row]))
  return after.filter((row) => {
    const was = known.get(row.id)
    return !was || !isDeepStrictEqual({ ...was, observedAt: row.observedAt }, row)
  })
}
