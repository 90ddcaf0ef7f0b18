/**
 * Which claimant of an identity gets its id. Of two drives that say the same of themselves the one that goes leaves the
 * other as the only claimant, and so does one that is swapped for the other between two scans: what was handed out with the
 * first is not to become the second's. Pure.
 */
import type { FunctionObservation } from '../host/observation.ts'
import type { ControllerRow } from '../store/rows.ts'
import { isInSameSlot, isOtherDrive, isSameDrive } from './same-function.ts'

type Claim = { readonly seen: FunctionObservation }

type Inheritance = {
  readonly rows: readonly ControllerRow[]
  /** Who has had the id so far. */
  readonly held: ControllerRow | undefined
  readonly isAssigned: (controllerId: string) => boolean
}

/** undefined: none of them, until what is assigned is released or the drive that it was assigned with is back. */
export function heirOf<One extends Claim>(
  { rows, held, isAssigned }: Inheritance,
  claims: readonly One[]
): One | undefined {
  if (held && isContested(held, claims)) {
    const own = ownOf(rows, held, claims)
    if (own || isAssigned(held.id)) return own
  }
  return claims.find(({ seen }) => seen.address === held?.address) ?? claims[0]
}

function isContested(held: ControllerRow, claims: readonly Claim[]): boolean {
  const { pci } = held.observation
  const isOther = claims.some(({ seen }) => isOtherDrive(pci, seen.pci))
  return claims.length > 1 || held.ambiguous || isOther
}

/** The one that is where it was; in another slot the one whose serial number nobody else has. */
function ownOf<One extends Claim>(
  rows: readonly ControllerRow[],
  held: ControllerRow,
  claims: readonly One[]
): One | undefined {
  const { pci } = held.observation
  const moved = claims.filter(({ seen }) => {
    const alike = rows.filter((row) => isSameDrive(row.observation.pci, seen.pci))
    return alike.length === 1 && alike[0] === held
  })
  const there = claims.find(({ seen }) => isInSameSlot(pci, seen.pci))
  return there ?? (moved.length === 1 ? moved[0] : undefined)
}
