/**
 * The rows of one host after a scan, and what an event log should say about the difference. Pure: the same rows and
 * observation give the same answer, and nothing is changed when nothing differs.
 */
import type { HostObservation } from '../host/observation.ts'
import type { NamespaceRow } from '../store/rows.ts'
import type { Difference } from './difference.ts'
import type { Elsewhere } from './elsewhere.ts'
import type { InHand } from './in-hand.ts'
import { matchControllers } from './match-controllers.ts'
import { reconcileControllers } from './reconcile-controllers.ts'
import { reconcileNamespaces } from './reconcile-namespaces.ts'
import { reconcileVirtualFunctions } from './reconcile-virtual-functions.ts'
import type {
  InventoryRows,
  SeenControllerRow,
  SeenVirtualFunctionRow,
} from './scanned-row.ts'
import { isSettled } from './settled.ts'

export type Reconciled = {
  /** Whole rows, only those that changed. */
  readonly controllers: readonly SeenControllerRow[]
  readonly virtualFunctions: readonly SeenVirtualFunctionRow[]
  readonly namespaces: readonly NamespaceRow[]
  readonly differences: readonly Difference[]
  /** The same observation would change nothing more: settled.ts. */
  readonly isSettled: boolean
}

export type Scan = {
  readonly hostId: string
  readonly before: InventoryRows
  readonly observation: HostObservation
  readonly inHand: (functionId: string) => InHand
  readonly elsewhere: Elsewhere
  /** An assignment stands on this controller, or on a VF of it. */
  readonly isAssigned: (controllerId: string) => boolean
}

export function reconcile(scan: Scan): Reconciled {
  const { hostId, before, observation, elsewhere, isAssigned } = scan
  const matched = matchControllers(
    { hostId, rows: before.controllers, elsewhere, isAssigned },
    observation.functions
  )
  const controllers = reconcileControllers(scan, matched)
  const virtualFunctions = reconcileVirtualFunctions(scan, matched, controllers.all)
  const namespaces = reconcileNamespaces(scan, controllers.all)
  const changed = [controllers, virtualFunctions, namespaces].map((of) => of.changed.length)
  return {
    isSettled: isSettled({
      functions: observation.functions,
      controllers: controllers.own,
      namespaces: namespaces.seen,
      hasChanged: changed.some((count) => count > 0),
    }),
    controllers: controllers.changed,
    virtualFunctions: virtualFunctions.changed,
    namespaces: namespaces.changed,
    differences: [
      ...controllers.differences,
      ...virtualFunctions.differences,
      ...namespaces.differences,
    ],
  }
}
