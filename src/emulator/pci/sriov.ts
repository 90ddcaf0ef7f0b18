/**
 * sriov_numvfs: VFs appear all at once and go all at once. Source: Linux drivers/pci/iov.c, sriov_numvfs_store,
 * pci_sriov_configure_simple, sriov_enable, sriov_disable and pci_iov_add_virtfn.
 */
import { predictVfAddress } from '../../nvme/pci-address.ts'
import { disableVfs, enableVfs } from '../devices/resets.ts'
import type { EmulatedLinux } from '../linux.ts'
import { Refused } from '../refused.ts'
import { emitFunction } from '../uevents.ts'
import { attachAny } from './driver-binding.ts'
import { RESCAN_REMOVE } from './device-locks.ts'
import { removeFunction } from './hot-plug.ts'
import { joinGroup } from './iommu-groups.ts'
import { parseU16 } from './kernel-numbers.ts'
import { primaryOf } from './pci-function.ts'
import type { PciFunction, Sriov } from './pci-function.ts'

/** The order of these checks is the kernel's; the range is looked at before the lock is taken. */
export async function storeNumVfs(
  linux: EmulatedLinux,
  pf: PciFunction,
  text: string,
  accepted: () => void
): Promise<void> {
  const sriov = sriovOf(pf)
  const count = parseU16(text)
  if (count === undefined) throw new Refused('EINVAL')
  if (count > sriov.totalVfs) throw new Refused('ERANGE')
  await linux.locks.hold(pf.address, async () => {
    if (count === sriov.vfs.length) return
    // No driver, or vfio-pci without its enable_sriov parameter, which has a callback that says the same.
    if (pf.driver !== 'nvme') throw new Refused('ENOENT')
    if (count === 0) return disable(linux, pf, accepted)
    if (sriov.vfs.length > 0) throw new Refused('EBUSY')
    await linux.time.pause(linux.timing.enableVfsMs)
    await enable(linux, pf, count)
  })
}

export function sriovOf(pf: PciFunction): Sriov {
  if (!pf.sriov) throw new Error(`${pf.address} has no SR-IOV capability`)
  return pf.sriov
}

export async function enable(
  linux: EmulatedLinux,
  pf: PciFunction,
  count: number
): Promise<void> {
  const primary = primaryOf(pf)
  if (!primary) throw new Error(`${pf.address} is no primary controller`)
  const sriov = sriovOf(pf)
  if (leftBehind(linux, pf, count)) throw new Refused('EEXIST')
  enableVfs(primary, count)
  sriov.vfs = Array.from({ length: count }, (_, index) => newVf(pf, index))
  for (const vf of sriov.vfs) await addVf(linux, vf)
  emitFunction(linux, 'change', pf)
}

/**
 * A PF that was removed left its VFs listed. What Linux makes of enabling them again is not known to us (device_add fails
 * with EEXIST, which pci_device_add only warns of): it is refused.
 */
function leftBehind(linux: EmulatedLinux, pf: PciFunction, count: number): boolean {
  const { offset, stride } = sriovOf(pf)
  return Array.from({ length: count }, (_, index) =>
    predictVfAddress(pf.address, index, offset, stride)
  ).some((address) => linux.functions.has(address))
}

function newVf(pf: PciFunction, index: number): PciFunction {
  const { offset, stride, vfDevice } = sriovOf(pf)
  const address = predictVfAddress(pf.address, index, offset, stride)
  const cntlid = primaryOf(pf)?.secondaries[index]?.cntlid
  return {
    address,
    ids: vfDevice === pf.ids.device ? pf.ids : { ...pf.ids, device: vfDevice },
    sysfsPath: pf.sysfsPath.replace(/[^/]+$/, address),
    numaNode: pf.numaNode,
    link: pf.link,
    serialNumber: undefined,
    controller: pf.controller?.subsystem.controllers.get(cntlid ?? -1),
    vf: { pf, index },
    sriov: undefined,
    resets: ['flr'],
    resetMethods: ['flr'],
    pulled: pf.pulled,
    driver: undefined,
    override: undefined,
    group: undefined,
    powerKnown: false,
  }
}

async function addVf(linux: EmulatedLinux, vf: PciFunction): Promise<void> {
  linux.functions.set(vf.address, vf)
  joinGroup(linux, vf, vf.vf?.pf.sriov?.vfGroup)
  emitFunction(linux, 'add', vf)
  if (linux.busAutoprobe) await attachAny(linux, vf)
  emitFunction(linux, 'change', vf)
}

/**
 * One VF after the other, the first one first: those before a held one are gone while the write waits for its guest. VF
 * Enable is cleared last, so the secondaries stay online until then.
 */
async function disable(
  linux: EmulatedLinux,
  pf: PciFunction,
  accepted: () => void
): Promise<void> {
  const sriov = sriovOf(pf)
  await linux.locks.hold(RESCAN_REMOVE, async () => {
    for (const vf of sriov.vfs) await removeFunction(linux, vf, accepted)
  })
  sriov.vfs = []
  const primary = primaryOf(pf)
  if (primary) disableVfs(primary)
  accepted()
  await linux.time.pause(linux.timing.disableVfsMs)
  emitFunction(linux, 'change', pf)
}
