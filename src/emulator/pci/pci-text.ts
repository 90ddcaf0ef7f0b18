/** A function's ids as sysfs and uevents print them. Source: Linux drivers/pci/pci-sysfs.c and pci-driver.c. */
import type { PciFunction } from './pci-function.ts'

export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function upper(value: number, digits: number): string {
  return hex(value, digits).toUpperCase()
}

export function modalias({ ids }: PciFunction): string {
  const code = hex(ids.classCode, 6).toUpperCase()
  const [base, sub, prog] = [code.slice(0, 2), code.slice(2, 4), code.slice(4)]
  const id = `v${upper(ids.vendor, 8)}d${upper(ids.device, 8)}`
  const subsystem = `sv${upper(ids.subsystemVendor, 8)}sd${upper(ids.subsystemDevice, 8)}`
  return `pci:${id}${subsystem}bc${base}sc${sub}i${prog}`
}

export function pciUeventProperties(fn: PciFunction): Readonly<Record<string, string>> {
  const { ids } = fn
  return {
    ...(fn.driver === undefined ? {} : { DRIVER: fn.driver }),
    PCI_CLASS: upper(ids.classCode, 1),
    PCI_ID: `${upper(ids.vendor, 4)}:${upper(ids.device, 4)}`,
    PCI_SUBSYS_ID: `${upper(ids.subsystemVendor, 4)}:${upper(ids.subsystemDevice, 4)}`,
    PCI_SLOT_NAME: fn.address,
    MODALIAS: modalias(fn),
  }
}

/** `0-3`, `0`, as Linux prints CPU masks. */
export function cpuRange(cpus: number): string {
  return cpus === 1 ? '0' : `0-${cpus - 1}`
}
