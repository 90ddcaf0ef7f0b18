/**
 * Functions come and go: `remove`, `rescan`, and a slot that is emptied or filled. Source: Linux drivers/pci/pci-sysfs.c
 * (remove_store, rescan_store, dev_rescan_store), remove.c (pci_stop_and_remove_bus_device), probe.c (pci_rescan_bus);
 * drivers/pci/hotplug/pciehp_pci.c (pciehp_configure_device, pciehp_unconfigure_device). From documents; the lab removed
 * and rescanned a PF, and unplugged and plugged one over QMP.
 */
import type { EmulatedLinux } from '../linux.ts'
import { Refused } from '../refused.ts'
import { emitFunction } from '../uevents.ts'
import { RESCAN_REMOVE } from './device-locks.ts'
import { attachAny, release } from './driver-binding.ts'
import { joinGroup, leaveGroup } from './iommu-groups.ts'
import { parseUnsigned } from './kernel-numbers.ts'
import { primaryOf } from './pci-function.ts'
import type { PciFunction } from './pci-function.ts'
import { disableVfs } from '../devices/resets.ts'
import type { Hardware } from './topology.ts'

/** `remove`: this function and what is below it. The VFs of a PF stay: nothing in nvme disables them. */
export async function storeRemove(
  linux: EmulatedLinux,
  fn: PciFunction,
  text: string,
  accepted: () => void
): Promise<void> {
  if (!isYes(text)) return
  await linux.locks.hold(RESCAN_REMOVE, async () => {
    if (linux.functions.get(fn.address) !== fn) return
    await removeBelow(linux, fn.sysfsPath, accepted)
    await removeFunction(linux, fn, accepted)
  })
}

/** Both `rescan`s: whatever is in the slots at or below that place and is not listed. */
export async function storeRescan(
  linux: EmulatedLinux,
  place: string,
  text: string
): Promise<void> {
  if (!isYes(text)) return
  await linux.locks.hold(RESCAN_REMOVE, () => findBelow(linux, place))
}

/** kstrtoul; 0 is understood, and does nothing. */
function isYes(text: string): boolean {
  const value = parseUnsigned(text)
  if (value === undefined) throw new Refused('EINVAL')
  return value !== 0
}

/** In the order of addresses. A function whose bridge is not listed cannot be found. */
export async function findBelow(linux: EmulatedLinux, place: string): Promise<void> {
  for (const hardware of linux.hardware.values()) {
    if (!hardware.present || linux.functions.has(hardware.address)) continue
    const fn = hardware.found()
    if (fn.sysfsPath.startsWith(`${place}/`) && isReachable(linux, fn))
      await addFunction(linux, hardware, fn)
  }
}

/** The bridge above it is listed, or it hangs off the root. */
function isReachable(linux: EmulatedLinux, fn: PciFunction): boolean {
  const parent = parentOf(fn)
  const bridge = parent.slice(parent.lastIndexOf('/') + 1)
  return bridge.startsWith('pci') || linux.functions.has(bridge)
}

export function parentOf({ sysfsPath }: PciFunction): string {
  return sysfsPath.slice(0, sysfsPath.lastIndexOf('/'))
}

async function addFunction(
  linux: EmulatedLinux,
  hardware: Hardware,
  fn: PciFunction
): Promise<void> {
  // sriov_init clears a VF Enable that somebody left set.
  const primary = primaryOf(fn)
  if (primary) disableVfs(primary)
  linux.functions.set(fn.address, fn)
  joinGroup(linux, fn, hardware.label)
  emitFunction(linux, 'add', fn)
  if (linux.busAutoprobe) await attachAny(linux, fn)
}

/** The last one first: VFs before their PF. */
export async function removeBelow(
  linux: EmulatedLinux,
  place: string,
  accepted: () => void
): Promise<void> {
  const below = [...linux.functions.values()]
    .filter(({ sysfsPath }) => sysfsPath.startsWith(`${place}/`))
    .toSorted((a, b) => (a.address < b.address ? 1 : -1))
  for (const fn of below) await removeFunction(linux, fn, accepted)
}

/** @param accepted called when it will go, but has to wait for a guest first */
export async function removeFunction(
  linux: EmulatedLinux,
  fn: PciFunction,
  accepted: () => void
): Promise<void> {
  await linux.locks.hold(fn.address, () => release(linux, fn, accepted))
  leaveGroup(linux, fn)
  linux.functions.delete(fn.address)
  emitFunction(linux, 'remove', fn)
}
