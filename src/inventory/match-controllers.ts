/**
 * Which row each controller that a scan saw belongs to. A controller that answers says who it is; one with a guest, or
 * without a driver, is known again by the facts of its PCI function.
 */
import type { FunctionObservation } from '../host/observation.ts'
import type { PciFacts } from '../host/query.ts'
import type { ControllerRow } from '../store/rows.ts'
import {
  controllerIdOf,
  rivalIdOf,
  tellingSerialNumber,
  unansweredControllerIdOf,
} from './identity.ts'
import type { Elsewhere } from './elsewhere.ts'

export type MatchedController = {
  readonly id: string
  readonly seen: FunctionObservation
  /** The row that it had, if it is not new. */
  readonly row: ControllerRow | undefined
  readonly ambiguous: boolean
}

export function matchControllers(
  hostId: string,
  rows: readonly ControllerRow[],
  functions: readonly FunctionObservation[],
  elsewhere: Elsewhere
): readonly MatchedController[] {
  const claims = functions
    .filter((seen) => seen.vf === null)
    .flatMap((seen) => claimOf(hostId, rows, seen))
  return [...new Set(claims.map((claim) => claim.claimedId))].flatMap((claimedId) => {
    const rivals = claims.filter((claim) => claim.claimedId === claimedId)
    return settle({ hostId, rows, elsewhere }, claimedId, rivals)
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
  // Without a driver it may answer at any moment, so it gets no row yet. With vfio-pci it is a guest's and will not.
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

/**
 * The same function in the same boot. After a reboot the same address may be another drive. The serial number is read
 * through the function's lane, so it is missing while that hangs.
 */
export function isSameFunction(recorded: PciFacts, seen: PciFacts): boolean {
  const known = tellingSerialNumber(recorded)
  const read = tellingSerialNumber(seen)
  return (
    recorded.bootId === seen.bootId &&
    recorded.topology === seen.topology &&
    hasSameIds(recorded, seen) &&
    (known === read || known === null || read === null)
  )
}

/**
 * The same drive, wherever it is plugged in: only a serial-number capability can tell. Functions of one drive may share
 * it, so the function's digit is compared too.
 */
export function isSameDrive(recorded: PciFacts, seen: PciFacts): boolean {
  const known = tellingSerialNumber(recorded)
  return (
    known !== null &&
    known === tellingSerialNumber(seen) &&
    recorded.topology.at(-1) === seen.topology.at(-1) &&
    hasSameIds(recorded, seen)
  )
}

function hasSameIds(one: PciFacts, other: PciFacts): boolean {
  return (
    one.vendor === other.vendor &&
    one.device === other.device &&
    one.subsystemVendor === other.subsystemVendor &&
    one.subsystemDevice === other.subsystemDevice
  )
}

type Registry = {
  readonly hostId: string
  readonly rows: readonly ControllerRow[]
  readonly elsewhere: Elsewhere
}

/** One claimant gets the id. With several none is to be trusted: all are kept apart, and marked. */
function settle(
  { hostId, rows, elsewhere }: Registry,
  claimedId: string,
  rivals: readonly Claim[]
): readonly MatchedController[] {
  const rowOf = (id: string) => rows.find((row) => row.id === id)
  const held = rowOf(claimedId)
  const taken = held === undefined && elsewhere.holderOf(claimedId) !== undefined
  const heir = rivals.find(({ seen }) => seen.address === held?.address) ?? rivals[0]
  return rivals.map((rival) => {
    const { seen } = rival
    const isHeir = rival === heir && !taken
    const id = isHeir ? claimedId : rivalIdOf(claimedId, hostId, seen.address)
    const row = rowOf(id)
    const doubtful = row?.ambiguous === true && isStillDoubtful(seen, elsewhere)
    return { id, seen, row, ambiguous: rivals.length > 1 || taken || doubtful }
  })
}

/** Who does not answer cannot clear itself. */
function isStillDoubtful(seen: FunctionObservation, elsewhere: Elsewhere): boolean {
  return seen.controller === null || elsewhere.claims(seen.controller)
}
