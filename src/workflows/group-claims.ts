/** Who was promised the functions of an IOMMU group: a group goes to one consumer as a whole. */
import type { AssignmentRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'

export type Claimant = Pick<AssignmentRow, 'consumer' | 'tenant'>

export type Claims = {
  readonly hostId: string
  /** null: the host itself, to which nobody's function belongs. */
  readonly claimant: Claimant | null
  /** Assignments that are only asked for count too. An operation that holds the group's lock goes before them. */
  readonly requested: 'count' | 'wait'
}

/** Looked up when it is asked for, and when it is called: what a request saw may have changed while its operation waited. */
export function isOfAnother(
  { read }: Store,
  { hostId, claimant, requested }: Claims
): (address: string) => boolean {
  return (address) => {
    const { controllers, virtualFunctions } = read.inventoryOf(hostId)
    return [...controllers, ...virtualFunctions]
      .filter((row) => row.address === address)
      .map(({ id }) => read.standingAssignment(id))
      .filter((assignment) => assignment !== undefined)
      .filter(({ state }) => requested === 'count' || state !== 'requested')
      .some((assignment) => !isSame(assignment, claimant))
  }
}

function isSame(assignment: Claimant, claimant: Claimant | null): boolean {
  return assignment.consumer === claimant?.consumer && assignment.tenant === claimant.tenant
}
