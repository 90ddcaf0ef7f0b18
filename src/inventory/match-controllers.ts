/**
 * Which row each controller that a scan saw belongs to. A controller that answers says who it is; one with a guest, or
 * without a driver, is known again by the facts of its PCI function.
 */
import type { FunctionObservation } from '../host/observation.ts'
import type { ControllerRow } from '../store/rows.ts'
import type { Elsewhere } from './elsewhere.ts'
import { heirOf } from './heir-of.ts'
import { controllerIdOf, rivalIdOf, unansweredControllerIdOf } from './identity.ts'
import { isSameDrive, isSameFunction } from './same-function.ts'

export type MatchedController = {
  readonly id: string
  readonly seen: FunctionObservation
  /** The row that it had, if it is not new. */
  readonly row: ControllerRow | undefined
  readonly ambiguous: boolean
}

type Registry = {
  readonly hostId: string
  readonly rows: readonly ControllerRow[]
  readonly elsewhere: Elsewhere
  /** An assignment stands on this controller, or on a VF of it. */
  readonly isAssigned: (controllerId: string) => boolean
}

export function matchControllers(
  registry: Registry,
  functions: readonly FunctionObservation[]
): readonly MatchedController[] {
  const { hostId, rows } = registry
  const claims = functions
    .filter((seen) => seen.vf === null)
    .flatMap((seen) => claimOf(hostId, rows, seen))
  return [...new Set(claims.map((claim) => claim.claimedId))].flatMap((claimedId) => {
    const rivals = claims.filter((claim) => claim.claimedId === claimedId)
    return settle(registry, claimedId, rivals)
  })
}

type Claim = { readonly claimedId: string; readonly seen: FunctionObservation }

function claimOf(
  hostId: string,
  rows: readonly ControllerRow[],
  seen: FunctionObservation
): readonly Claim[] {
  if (seen.controller !== null) {
    return [{ claimedId: controllerIdOf(seen.controller), seen }]
  }
  const known = rowOfFunction(rows, seen)
  if (known) return [{ claimedId: known.id, seen }]
  // Without a driver, or while nvme sets it up, it may answer at any moment, so it gets no row yet. With
  // vfio-pci it is a guest's and will not.
  if (seen.binding?.driver !== 'vfio-pci') return []
  return [{ claimedId: unansweredControllerIdOf(hostId, seen.pci), seen }]
}

function rowOfFunction(
  rows: readonly ControllerRow[],
  seen: FunctionObservation
): ControllerRow | undefined {
  // One that had gone may have been swapped for its twin meanwhile.
  const here = rows.find(
    (row) =>
      row.present &&
      row.address === seen.address &&
      isSameFunction(row.observation.pci, seen.pci)
  )
  const moved = rows.filter((row) => isSameDrive(row.observation.pci, seen.pci))
  return here ?? (moved.length === 1 ? moved[0] : undefined)
}

/** One claimant gets the id. With several none is to be trusted: all are kept apart, and marked. */
function settle(
  { hostId, rows, elsewhere, isAssigned }: Registry,
  claimedId: string,
  rivals: readonly Claim[]
): readonly MatchedController[] {
  const rowOf = (id: string) => rows.find((row) => row.id === id)
  const held = rowOf(claimedId)
  const taken = held === undefined && elsewhere.holderOf(claimedId) !== undefined
  const heir = taken ? undefined : heirOf({ rows, held, isAssigned }, rivals)
  return rivals.map((rival) => {
    const { seen } = rival
    const isHeir = rival === heir
    const id = isHeir ? claimedId : rivalIdOf(claimedId, hostId, seen.address)
    const row = rowOf(id)
    const doubtful = row?.ambiguous === true && isStillDoubtful(seen, elsewhere)
    return { id, seen, row, ambiguous: rivals.length > 1 || !isHeir || doubtful }
  })
}

/** Who does not answer cannot clear itself. */
function isStillDoubtful(seen: FunctionObservation, elsewhere: Elsewhere): boolean {
  return seen.controller === null || elsewhere.claims(seen.controller)
}
