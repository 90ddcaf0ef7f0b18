/** A PCI function as the emulated kernel knows it: struct pci_dev, and what its sysfs directory shows. */
import type { PciAddress } from '../../nvme/pci-address.ts'
import { canBeEnabled } from '../devices/subsystem.ts'
import type { NvmeController } from '../devices/subsystem.ts'

export type PciFunction = {
  readonly address: PciAddress
  readonly ids: PciIds
  /** Its directory under /sys/devices, bridges on the way included. */
  readonly sysfsPath: string
  readonly numaNode: number
  readonly link: PcieLink
  /** Device Serial Number capability, 16 hex digits. */
  readonly serialNumber: string | undefined
  /** The NVMe controller behind it; undefined for bridges and the like. */
  readonly controller: NvmeController | undefined
  readonly vf: { readonly pf: PciFunction; readonly index: number } | undefined
  readonly sriov: Sriov | undefined
  /** Resets that the function supports, in the kernel's order; none: it has neither file of resets. */
  readonly resets: readonly ResetMethod[]
  /** Those that the kernel will try, in order: `reset_method`. */
  resetMethods: readonly ResetMethod[]
  /** Torn out of its slot: the kernel still lists it, and nothing answers. */
  pulled: boolean
  driver: string | undefined
  override: string | undefined
  group: number | undefined
  /**
   * Linux has put it in D0 since it found it, and no driver has left it since: otherwise power_state reads "unknown".
   * Source: Linux drivers/pci/pci-driver.c, pci_device_remove.
   */
  powerKnown: boolean
}

export type PciIds = {
  /** 24 bits: 010802h is an NVMe I/O controller. */
  readonly classCode: number
  readonly vendor: number
  readonly device: number
  readonly subsystemVendor: number
  readonly subsystemDevice: number
  readonly revision: number
}

/** Those of `reset_method` that an emulated function may have. */
export type ResetMethod = 'flr' | 'bus'

export type PcieLink = {
  readonly speed: string
  readonly width: number
  /** What the function itself could do; default: what it does. */
  readonly maxSpeed?: string
  readonly maxWidth?: number
}

/** struct pci_sriov of a PF. */
export type Sriov = {
  readonly totalVfs: number
  readonly offset: number
  readonly stride: number
  /** Label of the IOMMU group that its VFs share; undefined: a group for each. */
  readonly vfGroup: string | undefined
  /** VF Device ID: that of every VF. */
  readonly vfDevice: number
  autoprobe: boolean
  /** By index. What the kernel lists; the device may have lost them to an FLR. */
  vfs: readonly PciFunction[]
}

export const NVME_CLASS = 0x010802
export const BRIDGE_CLASS = 0x060400

/** A driver that enables its controller now gets it ready. */
export function respondsTo(fn: PciFunction): fn is PciFunction & {
  readonly controller: NvmeController
} {
  return fn.controller !== undefined && answersOnBus(fn) && canBeEnabled(fn.controller)
}

export function primaryOf(fn: PciFunction) {
  return fn.controller?.kind === 'primary' ? fn.controller : undefined
}

/** The device still answers configuration reads: an FLR of the PF takes QEMU 7.2's VFs away behind Linux's back. */
export function answersOnBus(fn: PciFunction): boolean {
  if (fn.pulled) return false
  if (!fn.controller) return true
  return fn.controller.subsystem.controllers.get(fn.controller.cntlid) === fn.controller
}
