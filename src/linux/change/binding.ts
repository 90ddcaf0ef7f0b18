/**
 * Which driver may have a function, and taking it from the one that has it.
 * Source: Linux drivers/pci/pci-sysfs.c, driver_override_store; drivers/base/bus.c, unbind_store.
 */
import type { HostChange } from '../../host/change.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import type { LaneSession } from '../lane-session.ts'
import { driverOf, overrideOf } from '../pci-function.ts'
import { attributePath, driverPath } from '../sysfs-paths.ts'
import { expectEffect } from './post-condition.ts'

type ChangeOf<K extends HostChange['change']> = Extract<HostChange, { readonly change: K }>

export async function setOverride(
  session: LaneSession,
  change: ChangeOf<'setOverride'>
): Promise<void> {
  const { fn, driver } = change
  if ((await overrideOf(session, fn)) === driver) return
  // A lone newline clears it; an empty write does nothing at all.
  const text = `${driver ?? ''}\n`
  const path = attributePath(fn, 'driver_override')
  await session.call({ call: 'write', path, text })
  const words = (override: string | null) => override ?? 'no override'
  expectEffect(change, {
    expected: words(driver),
    found: words(await overrideOf(session, fn)),
  })
}

/** Waits for the driver, and with vfio-pci for the consumer: minutes, if need be. */
export async function unbind(
  session: LaneSession,
  change: ChangeOf<'unbind'>
): Promise<void> {
  const driver = await driverOf(session.kernel, change.fn)
  if (driver === null) return
  await writeUnbind(session, driver, change.fn)
  const found = await driverOf(session.kernel, change.fn)
  expectEffect(change, { expected: 'no driver', found: found ?? 'no driver' })
}

async function writeUnbind(
  session: LaneSession,
  driver: string,
  fn: ChangeOf<'unbind'>['fn']
): Promise<void> {
  try {
    await session.call({ call: 'write', path: driverPath(driver, 'unbind'), text: fn })
  } catch (cause) {
    // ENODEV: not bound to that driver any more. Whether it is bound at all is read next.
    if (!(cause instanceof KernelError && cause.errno === 'ENODEV')) throw cause
  }
}
