/** Which driver may have which function. Source: Linux drivers/pci/pci-driver.c, pci_match_device and pci_device_can_probe. */
import type { EmulatedLinux } from '../linux.ts'
import { NVME_CLASS } from './pci-function.ts'
import type { PciFunction, PciIds } from './pci-function.ts'

/** The drivers that sysfs can bind to, in the order in which they registered. */
export const DRIVERS = ['nvme', 'vfio-pci'] as const
export type Driver = (typeof DRIVERS)[number]

/** struct pci_device_id; `undefined` is PCI_ANY_ID. */
export type DynamicId = {
  readonly vendor: number
  readonly device: number
  readonly subsystemVendor: number | undefined
  readonly subsystemDevice: number | undefined
  readonly classCode: number
  /** Bits of the class that count. */
  readonly classMask: number
}

/**
 * An override admits only the driver of that name, and admits that one always. vfio-pci's own table matches nothing
 * without an override (PCI_DRIVER_OVERRIDE_DEVICE_VFIO).
 */
export function driverMatches(
  linux: EmulatedLinux,
  driver: Driver,
  fn: PciFunction
): boolean {
  if (fn.override !== undefined) return fn.override === driver
  return idsMatch(linux, driver, fn.ids)
}

export function idsMatch(linux: EmulatedLinux, driver: Driver, ids: PciIds): boolean {
  const dynamic = linux.dynamicIds.get(driver) ?? []
  return dynamic.some((id) => matchesOne(id, ids)) || (driver === 'nvme' && isOfNvme(ids))
}

/** nvme's table, as far as emulated drives are in it. Source: Linux drivers/nvme/host/pci.c, nvme_id_table. */
function isOfNvme({ vendor, device, classCode }: PciIds): boolean {
  return classCode === NVME_CLASS || (vendor === 0x1b36 && device === 0x0010)
}

/** Of what an id is compared with: a function, or another id in a driver's list. Source: pci_match_one_device, remove_id_store. */
type Matchable = Omit<DynamicId, 'classMask'>

export function matchesOne(id: DynamicId, ids: Matchable): boolean {
  return (
    id.vendor === ids.vendor &&
    id.device === ids.device &&
    (id.subsystemVendor ?? ids.subsystemVendor) === ids.subsystemVendor &&
    (id.subsystemDevice ?? ids.subsystemDevice) === ids.subsystemDevice &&
    ((id.classCode ^ ids.classCode) & id.classMask) === 0
  )
}

/** A VF is probed only with its PF's autoprobe on, or with an override of its own. */
export function canProbe(fn: PciFunction): boolean {
  const sriov = fn.vf?.pf.sriov
  return !sriov || sriov.autoprobe || fn.override !== undefined
}
