/**
 * bind, unbind, drivers_probe and driver_override. Source: Linux drivers/base/bus.c (bind_store, unbind_store,
 * drivers_probe_store), dd.c (device_driver_attach), driver.c (driver_set_override).
 */
import { Refused } from '../refused.ts'
import type { EmulatedLinux } from '../linux.ts'
import { driverMatches } from './driver-match.ts'
import type { Driver } from './driver-match.ts'
import { attachAny, probe, release } from './driver-binding.ts'
import type { PciFunction } from './pci-function.ts'

export async function bind(
  linux: EmulatedLinux,
  driver: Driver,
  text: string
): Promise<void> {
  const fn = linux.functions.get(named(text))
  if (!fn || !driverMatches(linux, driver, fn)) throw new Refused('ENODEV')
  await linux.locks.hold(fn.address, async () => {
    const errno = await probe(linux, driver, fn)
    if (errno) throw new Refused(errno)
  })
}

export async function unbind(
  linux: EmulatedLinux,
  driver: string,
  text: string,
  accepted: () => void
): Promise<void> {
  const fn = linux.functions.get(named(text))
  if (fn?.driver !== driver) throw new Refused('ENODEV')
  await linux.locks.hold(fn.address, async () => {
    if (fn.driver === driver) await release(linux, fn, accepted)
  })
}

/** Succeeds whatever becomes of the probe: only the driver link tells. */
export async function driversProbe(linux: EmulatedLinux, text: string): Promise<void> {
  const fn = linux.functions.get(named(text))
  if (!fn) throw new Refused('ENODEV')
  if (fn.driver !== undefined) return
  await linux.locks.hold(fn.address, () => attachAny(linux, fn))
}

/** PAGE_SIZE - 1. */
const MOST_OVERRIDE = 4095

/** A lone newline clears it; writing nothing at all never reaches the kernel. */
export async function setOverride(
  linux: EmulatedLinux,
  fn: PciFunction,
  text: string
): Promise<void> {
  if (text.length >= MOST_OVERRIDE) throw new Refused('EINVAL')
  const [name = ''] = text.split('\n')
  await linux.locks.hold(fn.address, async () => {
    fn.override = name === '' ? undefined : name
  })
}

/** sysfs_streq: one newline at the end does not count. */
function named(text: string): string {
  return text.replace(/\n$/, '')
}
