/** What "as found" means: everything that nvirt may change on a machine, with sorted keys. */
import type { FlexibleKind } from '../nvme/secondary-controller.ts'
import type { EmulatedLinux } from './linux.ts'
import type { MachineSnapshot } from './machine.ts'
import { primaryOf } from './pci/pci-function.ts'
import type { PciFunction } from './pci/pci-function.ts'

export function snapshotOf(linux: EmulatedLinux): MachineSnapshot {
  const functions = [...linux.functions.values()].filter((fn) => fn.controller)
  return {
    functions: sorted(
      functions.map((fn) => [
        fn.address,
        { driver: fn.driver ?? null, override: fn.override ?? null },
      ])
    ),
    primaries: sorted(functions.flatMap(primaryEntry)),
    attachments: sorted(linux.drives.flatMap(attachmentsOf)),
  }
}

type PrimarySnapshot = MachineSnapshot['primaries'][string]

function primaryEntry(fn: PciFunction): readonly (readonly [string, PrimarySnapshot])[] {
  const primary = primaryOf(fn)
  if (!fn.sriov || !primary) return []
  const secondaries = primary.secondaries.map(({ cntlid, online, vq, vi }) => ({
    cntlid,
    state: online ? ('online' as const) : ('offline' as const),
    vq,
    vi,
  }))
  const { vfs, autoprobe } = fn.sriov
  const own = (kind: FlexibleKind) => {
    const { primary: now, pendingPrimary: pending } = primary.pools[kind]
    return { now, pending }
  }
  const flexible = { vq: own('vq'), vi: own('vi') }
  return [[fn.address, { vfCount: vfs.length, autoprobe, flexible, secondaries }]]
}

function attachmentsOf({ nqn, namespaces }: EmulatedLinux['drives'][number]) {
  return [...namespaces.values()].map(
    ({ nsid, attachedTo }) =>
      [`${nqn} ${nsid}`, [...attachedTo].toSorted((a, b) => a - b)] as const
  )
}

function sorted<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
