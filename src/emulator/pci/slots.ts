/**
 * A slot is emptied with the drive in use, or filled. What Linux does about it goes on behind whoever pulled: it waits
 * for guests, with the lock of hot-plug in its hands. Source: Linux drivers/pci/hotplug/pciehp_ctrl.c,
 * pciehp_handle_presence_or_link_change; pciehp_pci.c. From documents, and from the lab's device_del and device_add.
 */
import type { EmulatedLinux } from '../linux.ts'
import { noticeDrives } from '../nvme-driver/drive-changes.ts'
import { losePower } from '../lose-power.ts'
import { RESCAN_REMOVE } from './device-locks.ts'
import { findBelow, parentOf, removeBelow } from './hot-plug.ts'
import type { Hardware } from './topology.ts'

/** Everything behind the same port goes, VFs too: at once as hardware, and for Linux when this resolves. */
export async function emptySlot(linux: EmulatedLinux, hardware: Hardware): Promise<void> {
  const slot = slotOf(hardware)
  for (const one of inSlot(linux, slot)) one.present = false
  for (const fn of linux.functions.values())
    if (fn.sysfsPath.startsWith(`${slot}/`)) fn.pulled = true
  powerOff(linux, slot)
  noticeDrives(linux)
  await linux.locks.hold(RESCAN_REMOVE, () => removeBelow(linux, slot, () => {}))
}

/** The same drive comes back, as it is after a loss of power. */
export async function fillSlot(linux: EmulatedLinux, hardware: Hardware): Promise<void> {
  const slot = slotOf(hardware)
  for (const one of inSlot(linux, slot)) one.present = true
  await linux.locks.hold(RESCAN_REMOVE, () => findBelow(linux, slot))
}

/** It is pulled, and Linux has not got rid of everything yet. */
export function isBeingEmptied(linux: EmulatedLinux, hardware: Hardware): boolean {
  if (hardware.present) return false
  const slot = slotOf(hardware)
  return [...linux.functions.values()].some(
    (fn) => fn.pulled && fn.sysfsPath.startsWith(`${slot}/`)
  )
}

function slotOf(hardware: Hardware): string {
  return parentOf(hardware.found())
}

function inSlot(linux: EmulatedLinux, slot: string): readonly Hardware[] {
  return [...linux.hardware.values()].filter((one) => slotOf(one) === slot)
}

function powerOff(linux: EmulatedLinux, slot: string): void {
  for (const fn of linux.functions.values())
    if (fn.controller && parentOf(fn) === slot && !fn.vf) losePower(fn.controller)
}
