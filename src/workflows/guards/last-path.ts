/**
 * Would the host lose a disk that it uses? A multipath disk goes on as long as another controller reaches it; without
 * multipath each controller has a disk of its own, which goes with it.
 */
import type { Refusal } from '../../errors.ts'
import type { DiskPaths, NamespaceUse } from '../../host/query.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { Ask } from '../host-session.ts'

/**
 * @param fn any function through which the host reaches the subsystem
 * @param cntlid of the controller that goes, or from which the namespaces are detached
 */
export async function refuseLastPath(
  ask: Ask,
  fn: PciAddress,
  cntlid: number,
  nsids: readonly number[]
): Promise<readonly Refusal[]> {
  if (nsids.length === 0) return []
  const { uses } = await ask({ read: 'usage', fn, nsids })
  if (uses.length === 0) return []
  const { paths } = await ask({ read: 'paths', fn, nsids })
  return uses
    .filter((use) => paths.some((disk) => isOn(use, disk) && isOnly(disk, cntlid)))
    .map((use) => lastPath(use, cntlid))
}

/** Of the disk itself, or of a partition: `nvme0n1p2`. */
function isOn({ disk: used }: NamespaceUse, { disk }: DiskPaths): boolean {
  return used === disk || used.startsWith(`${disk}p`)
}

function isOnly({ cntlids }: DiskPaths, cntlid: number): boolean {
  return cntlids.includes(cntlid) && cntlids.every((id) => id === cntlid)
}

function lastPath({ nsid, disk, use, by }: NamespaceUse, cntlid: number): Refusal {
  return {
    check: 'last-path',
    device: `/dev/${disk}`,
    reason: `namespace ${nsid} (/dev/${disk}) is in use by the host (${use}: ${by}), which reaches it through controller ${cntlid} only`,
    remedy: `Attach namespace ${nsid} to another controller of the host, with multipath, or stop using it.`,
  }
}
