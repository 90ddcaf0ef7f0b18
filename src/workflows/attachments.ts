/** Which namespaces a controller is attached to. */
import type { HostChange } from '../host/change.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { look, type Move } from './moves.ts'

/** All that are wanted, and nothing else. Detaches first: what must not be seen shall not be seen for a moment. */
export function attachExactly(
  pf: PciAddress,
  cntlid: number,
  wanted: readonly number[]
): Move {
  return look({ read: 'attachments', pf, cntlid }, ({ nsids }) => {
    const { off, on } = toExactly(pf, cntlid, nsids, wanted)
    return [...off, ...on]
  })
}

/** What is to be done of one that is attached to these. */
export function toExactly(
  pf: PciAddress,
  cntlid: number,
  nsids: readonly number[],
  wanted: readonly number[]
): { readonly off: readonly HostChange[]; readonly on: readonly HostChange[] } {
  return {
    off: detaching(pf, cntlid, without(nsids, wanted)),
    on: without(wanted, nsids).map((nsid) => ({
      change: 'attachNamespace',
      pf,
      nsid,
      cntlid,
    })),
  }
}

/** These, where they are attached. */
export function detachThese(
  pf: PciAddress,
  cntlid: number,
  nsids: readonly number[]
): Move {
  return look({ read: 'attachments', pf, cntlid }, ({ nsids: attached }) =>
    detaching(
      pf,
      cntlid,
      nsids.filter((nsid) => attached.includes(nsid))
    )
  )
}

/** Nothing but what is wanted. */
export function detachOthers(
  pf: PciAddress,
  cntlid: number,
  wanted: readonly number[]
): Move {
  return look({ read: 'attachments', pf, cntlid }, ({ nsids }) =>
    detaching(pf, cntlid, without(nsids, wanted))
  )
}

function detaching(
  pf: PciAddress,
  cntlid: number,
  nsids: readonly number[]
): readonly HostChange[] {
  return nsids.map((nsid) => ({ change: 'detachNamespace', pf, nsid, cntlid }))
}

function without(nsids: readonly number[], wanted: readonly number[]): readonly number[] {
  return nsids.filter((nsid) => !wanted.includes(nsid))
}
