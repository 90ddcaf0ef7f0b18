/**
 * Resets asked for by the host, and which of them are tried. Source: Linux drivers/pci/pci-sysfs.c, reset_store; pci.c,
 * __pci_reset_function_locked, pci_reset_bus_function, reset_method_store.
 */
import { functionLevelReset } from '../devices/resets.ts'
import type { EmulatedLinux } from '../linux.ts'
import { afterFunctionReset, beforeFunctionReset } from '../nvme-driver/controller-reset.ts'
import { noticeDrives } from '../nvme-driver/drive-changes.ts'
import { Refused } from '../refused.ts'
import { parseUnsigned } from './kernel-numbers.ts'
import { answersOnBus } from './pci-function.ts'
import type { PciFunction } from './pci-function.ts'

export async function storeReset(
  linux: EmulatedLinux,
  fn: PciFunction,
  text: string,
  accepted: () => void
): Promise<void> {
  if (parseUnsigned(text) !== 1) throw new Refused('EINVAL')
  // Looked at before the lock: pci_reset_supported.
  if (fn.resetMethods.length === 0) throw new Refused('ENOTTY')
  await resetByKernel(linux, fn, accepted)
}

/** pci_reset_function. */
export async function resetByKernel(
  linux: EmulatedLinux,
  fn: PciFunction,
  accepted: () => void = () => {}
): Promise<void> {
  await linux.locks.hold(fn.address, async () => {
    fn.powerKnown = true // pci_dev_save_and_disable
    beforeFunctionReset(linux, fn)
    const errno = await firstThatWorks(linux, fn)
    if (!errno) accepted()
    await afterFunctionReset(linux, fn)
    if (errno) throw new Refused(errno)
  })
}

/** A method that cannot be used now gives way to the next. */
async function firstThatWorks(linux: EmulatedLinux, fn: PciFunction) {
  const usable = fn.resetMethods.some((method) => method === 'flr' || isAlone(linux, fn))
  if (!usable) return 'ENOTTY' as const
  await linux.time.pause(linux.timing.functionResetMs)
  resetFunction(linux, fn)
  if (answersOnBus(fn)) return undefined
  // pci_dev_wait gives up, and that too is "try the next".
  await linux.time.pause(linux.timing.resetGivesUpMs)
  return 'ENOTTY' as const
}

/** A secondary bus reset would hit whatever else is behind the bridge, VFs too: pci_parent_bus_reset. */
function isAlone(linux: EmulatedLinux, fn: PciFunction): boolean {
  const bus = fn.address.slice(0, fn.address.lastIndexOf(':'))
  return [...linux.functions.keys()].every(
    (address) => address === fn.address || !address.startsWith(`${bus}:`)
  )
}

/** What the reset itself does. A conventional reset does the same to these drives. */
export function resetFunction(linux: EmulatedLinux, fn: PciFunction): void {
  if (!fn.controller || fn.pulled) return
  functionLevelReset(fn.controller)
  noticeDrives(linux)
}

/** `default`, nothing (no resets at all), or those that can be used now in the order that is wanted. */
export function storeResetMethod(
  linux: EmulatedLinux,
  fn: PciFunction,
  text: string
): void {
  const words = text.replace(/\n$/, '')
  const usable = fn.resets.filter((method) => method === 'flr' || isAlone(linux, fn))
  const wanted = words.split(' ').filter((word) => word.trim() !== '')
  const found = wanted.map((word) => usable.find((method) => method === word.trim()))
  if (words !== 'default' && found.includes(undefined)) throw new Refused('EINVAL')
  fn.resetMethods = words === 'default' ? usable : found.flatMap((method) => method ?? [])
}
