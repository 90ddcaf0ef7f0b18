/**
 * Whether the same observation would change nothing once a scan is stored, until somebody else writes a row of the host.
 * Then its digest may stand for the rows. Where anything else has a say, each scan compares.
 */
import type { FunctionObservation } from '../host/observation.ts'
import { namespaceIdOf } from './identity.ts'
import type { Reconciled } from './reconcile.ts'
import type { InventoryRows, SeenControllerRow } from './scanned-row.ts'

type Settling = {
  readonly functions: readonly FunctionObservation[]
  readonly controllers: readonly SeenControllerRow[]
  readonly namespaces: Reconciled['namespaces']
  readonly hasChanged: boolean
}

/** @param controllers of this host, after the scan; namespaces those that were seen */
export function isSettled({
  functions,
  controllers,
  namespaces,
  hasChanged,
}: Settling): boolean {
  return (
    (!hasChanged || functions.every(tellsWhoItIs)) &&
    controllers.every((row) => !row.present || isItsOwn(row)) &&
    namespaces.every((row) => row.id === namespaceIdOf(row.observation))
  )
}

/** One that does not answer is matched by the rows that there are, which this scan may have changed. */
function tellsWhoItIs({ vf, controller, blocked }: FunctionObservation): boolean {
  return blocked === null && (vf !== null || controller !== null)
}

/** Nobody else claims it, on this host or another. SMART values are kept in one place, where they can be replaced. */
function isItsOwn({ ambiguous, observation, lastController }: SeenControllerRow): boolean {
  const { controller } = observation
  return !ambiguous && (!controller?.health || lastController === controller)
}

/** Rows of the host once these have been written; `hostId` is its own. */
export function rowsAfter(hostId: string, before: InventoryRows, changed: Reconciled) {
  return {
    controllers: countAfter(hostId, before.controllers, changed.controllers),
    virtualFunctions: countAfter(hostId, before.virtualFunctions, changed.virtualFunctions),
    namespaces: countAfter(hostId, before.namespaces, changed.namespaces),
  }
}

type Row = { readonly id: string; readonly hostId: string }

function countAfter(
  hostId: string,
  before: readonly Row[],
  changed: readonly Row[]
): number {
  if (changed.length === 0) return before.length
  const ids = new Set(
    [...before, ...changed.filter((row) => row.hostId === hostId)].map(({ id }) => id)
  )
  return ids.size
}
