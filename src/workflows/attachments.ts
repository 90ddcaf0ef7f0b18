/** Which namespaces a controller is attached to. */
import type { HostChange } from '../host/change.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { look, type Move } from './moves.ts'

/** A controller, what it is attached to, and what it is to be attached to. */
export type Attaching = {
  readonly cntlid: number
  readonly nsids: readonly number[]
  readonly wanted: readonly number[]
}

/** All that are wanted, and nothing else. Detaches first: what must not be seen shall not be seen for a moment. */
export function attachExactly(
  pf: PciAddress,
  cntlid: number,
  wanted: readonly number[]
): Move {
  return look({ read: 'attachments', pf, cntlid }, ({ nsids }) =>
    eachToExactly(pf, [{ cntlid, nsids, wanted }])
  )
}

/**
 * The same of several. A namespace is detached from all that have it by one command: of those that some drives attach to
 * every VF, a command for each would be most of the work.
 */
export function eachToExactly(
  pf: PciAddress,
  all: readonly Attaching[]
): readonly HostChange[] {
  const off = new Map<number, number[]>()
  for (const { cntlid, nsids, wanted } of all)
    for (const nsid of without(nsids, wanted))
      off.set(nsid, [...(off.get(nsid) ?? []), cntlid])
  return [
    ...[...off].map(([nsid, cntlids]) => detaching(pf, nsid, cntlids)),
    ...all.flatMap(({ cntlid, nsids, wanted }) =>
      without(wanted, nsids).map(
        (nsid) => ({ change: 'attachNamespace', pf, nsid, cntlid }) as const
      )
    ),
  ]
}

function detaching(pf: PciAddress, nsid: number, cntlids: readonly number[]): HostChange {
  const [cntlid] = cntlids
  return cntlid !== undefined && cntlids.length === 1
    ? { change: 'detachNamespace', pf, nsid, cntlid }
    : { change: 'detachFromEach', pf, nsid, cntlids }
}

/** These, where they are attached. */
export function detachThese(
  pf: PciAddress,
  cntlid: number,
  nsids: readonly number[]
): Move {
  return look({ read: 'attachments', pf, cntlid }, ({ nsids: attached }) =>
    nsids
      .filter((nsid) => attached.includes(nsid))
      .map((nsid) => detaching(pf, nsid, [cntlid]))
  )
}

/** Nothing but what is wanted. */
export function detachOthers(
  pf: PciAddress,
  cntlid: number,
  wanted: readonly number[]
): Move {
  return look({ read: 'attachments', pf, cntlid }, ({ nsids }) =>
    without(nsids, wanted).map((nsid) => detaching(pf, nsid, [cntlid]))
  )
}

function without(nsids: readonly number[], wanted: readonly number[]): readonly number[] {
  return nsids.filter((nsid) => !wanted.includes(nsid))
}
