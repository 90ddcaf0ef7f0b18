/** A driver takes and leaves a function. Source: Linux drivers/base/dd.c, really_probe and __device_release_driver. */
import type { Errno } from '../../kernel/kernel-error.ts'
import { kernelIsAtLeast } from '../linux.ts'
import type { EmulatedLinux } from '../linux.ts'
import { connectController, isDriven, stopController } from '../nvme-driver/controllers.ts'
import { comeBack, noticeDrives } from '../nvme-driver/drive-changes.ts'
import { emitFunction } from '../uevents.ts'
import { canProbe, driverMatches, DRIVERS } from './driver-match.ts'
import type { Driver } from './driver-match.ts'
import { groupOf } from './iommu-groups.ts'
import { respondsTo } from './pci-function.ts'
import type { PciFunction } from './pci-function.ts'
import { unbound } from './unbound.ts'

/** Binds, or says why not. The caller holds the function's lock. */
export async function probe(
  linux: EmulatedLinux,
  driver: Driver,
  fn: PciFunction
): Promise<Errno | undefined> {
  if (linux.functions.get(fn.address) !== fn) return 'ENODEV'
  if (fn.driver !== undefined) return 'EBUSY'
  if (!canProbe(fn)) return 'ENODEV'
  return driver === 'nvme' ? probeNvme(linux, fn) : probeVfio(linux, fn)
}

/** Tries every driver that matches, as for a new function or by drivers_probe. Nobody hears of a failed probe. */
export async function attachAny(linux: EmulatedLinux, fn: PciFunction): Promise<void> {
  for (const driver of DRIVERS)
    if (fn.driver === undefined && driverMatches(linux, driver, fn))
      await probe(linux, driver, fn)
}

/** @param accepted called when the driver will leave, but has to wait for a guest first */
export async function release(
  linux: EmulatedLinux,
  fn: PciFunction,
  accepted: () => void
): Promise<void> {
  if (fn.driver === 'vfio-pci') await guestGone(linux, fn, accepted)
  if (fn.driver === undefined) return
  if (fn.driver === 'nvme') {
    stopController(linux, fn)
    noticeDrives(linux)
  }
  unbound(linux, fn)
}

/**
 * Up to 6.2 the probe succeeds at once, and nvme goes on by itself: the controller becomes live, or the driver takes
 * itself off the function again (an offline VF never becomes ready). Later kernels probe to the end, and fail.
 */
async function probeNvme(
  linux: EmulatedLinux,
  fn: PciFunction
): Promise<Errno | undefined> {
  // iommu_device_use_default_domain: VFIO owns the group's DMA while somebody has it open.
  if (fn.group !== undefined && linux.holds.has(fn.group)) return 'EBUSY'
  if (!fn.controller) return 'ENODEV'
  const { probeMs, giveUpMs } = linux.timing
  const takesMs = respondsTo(fn) ? probeMs : giveUpMs
  const controller = connectController(linux, fn)
  noticeDrives(linux)
  if (!kernelIsAtLeast(linux, 6, 3)) {
    bound(linux, 'nvme', fn)
    linux.time.later(takesMs, () => comeBack(linux, controller))
    return undefined
  }
  await linux.time.pause(takesMs)
  comeBack(linux, controller)
  if (!isDriven(linux, controller)) return 'ENODEV'
  bound(linux, 'nvme', fn)
  return undefined
}

/**
 * Not a PF whose VFs somebody may use, and without an IOMMU group there is nothing to hand over. Source: Linux
 * drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_register_device; drivers/vfio/group.c, vfio_group_find_or_alloc.
 */
function probeVfio(linux: EmulatedLinux, fn: PciFunction): Errno | undefined {
  if (fn.sriov && fn.sriov.vfs.length > 0) return 'EBUSY'
  if (!groupOf(linux, fn)) return 'EINVAL'
  bound(linux, 'vfio-pci', fn)
  return undefined
}

function bound(linux: EmulatedLinux, driver: Driver, fn: PciFunction): void {
  fn.driver = driver
  fn.powerKnown = true
  emitFunction(linux, 'bind', fn)
}

/** vfio_unregister_group_dev waits for as long as a guest has the device open; nothing interrupts it for good. */
async function guestGone(
  linux: EmulatedLinux,
  fn: PciFunction,
  accepted: () => void
): Promise<void> {
  for (let hold = holdOf(linux, fn); hold; hold = holdOf(linux, fn)) {
    accepted()
    await hold.released
  }
}

export function holdOf(linux: EmulatedLinux, fn: PciFunction) {
  const hold = fn.group === undefined ? undefined : linux.holds.get(fn.group)
  return hold?.guests.some((guest) => guest.fn === fn) ? hold : undefined
}
