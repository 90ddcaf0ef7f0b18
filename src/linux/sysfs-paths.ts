/**
 * Where Linux keeps what we read and write. A PCI address is checked when it becomes one (`parsePciAddress`), and every
 * other name here came from a directory of the kernel's own.
 * Source: Linux Documentation/ABI/testing/sysfs-bus-pci, sysfs-kernel-iommu_groups, stable/sysfs-block.
 */
import type { PciAddress } from '../nvme/pci-address.ts'

export const PCI_DEVICES = '/sys/bus/pci/devices'
export const DRIVERS_PROBE = '/sys/bus/pci/drivers_probe'
export const IOMMU_GROUPS = '/sys/kernel/iommu_groups'
export const NVME_SUBSYSTEMS = '/sys/class/nvme-subsystem'
export const NVME_CONTROLLERS = '/sys/class/nvme'
export const BLOCK = '/sys/block'
export const NVME_TARGETS = '/sys/kernel/config/nvmet/subsystems'
export const TRACING = '/sys/kernel/tracing'

export const functionPath = (fn: PciAddress) => `${PCI_DEVICES}/${fn}`
export const attributePath = (fn: PciAddress, attribute: string) =>
  `${PCI_DEVICES}/${fn}/${attribute}`
export const driverPath = (driver: string, file: 'bind' | 'unbind') =>
  `/sys/bus/pci/drivers/${driver}/${file}`
export const controllerPath = (name: string) => `${NVME_CONTROLLERS}/${name}`
export const debugBlockPath = (disk: string) => `/sys/kernel/debug/block/${disk}`
export const devicePath = (name: string) => `/dev/${name}`
export const vfioGroupPath = (group: number) => `/dev/vfio/${group}`
/** Of one function, for consumers that use iommufd. @param name `vfio0` */
export const vfioDevicePath = (name: string) => `/dev/vfio/devices/${name}`

/** Last part of a path or link. */
export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
