/** Which namespaces a drive has after some were deleted and created. Which NSID a new one has the drive says only then. */
import type { PciAddress } from '../nvme/pci-address.ts'
import type { HostChange } from './change.ts'
import type { HostAnswers } from './query.ts'
import { Unforeseen } from './unforeseen.ts'

/** @throws {Unforeseen} once any was created */
export function allocationAfter(
  { manages, nsids }: HostAnswers['allocation'],
  changes: readonly HostChange[],
  fn: PciAddress
): HostAnswers['allocation'] {
  const isCreating = changes.some(
    (change) => change.change === 'createNamespaces' && change.fn === fn
  )
  if (isCreating) throw new Unforeseen(`the drive of ${fn} numbers a new namespace itself`)
  const left = nsids?.filter((nsid) => !isDeleted(changes, fn, nsid))
  return { manages, nsids: left ?? null }
}

/** Without those that were created: nobody knows them yet. */
export function allocatedAfter(
  { own, namespaces }: HostAnswers['allocated'],
  changes: readonly HostChange[],
  fn: PciAddress
): HostAnswers['allocated'] {
  return {
    own,
    namespaces: namespaces.filter(({ nsid }) => !isDeleted(changes, fn, nsid)),
  }
}

function isDeleted(changes: readonly HostChange[], fn: PciAddress, nsid: number): boolean {
  return changes.some(
    (change) =>
      change.change === 'deleteNamespace' && change.fn === fn && change.nsid === nsid
  )
}
