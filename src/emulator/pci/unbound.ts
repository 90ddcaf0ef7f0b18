/** A driver has let go of a function, by itself or because it had to. Source: Linux drivers/pci/pci-driver.c, pci_device_remove. */
import type { EmulatedLinux } from '../linux.ts'
import { emitFunction } from '../uevents.ts'
import type { PciFunction } from './pci-function.ts'

export function unbound(linux: EmulatedLinux, fn: PciFunction): void {
  fn.driver = undefined
  fn.powerKnown = false
  emitFunction(linux, 'unbind', fn)
}
