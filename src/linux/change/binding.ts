/**
 * Which driver may have a function, and taking it from the one that has it.
 * Source: Linux drivers/pci/pci-sysfs.c, driver_override_store; drivers/base/bus.c, unbind_store.
 */
import type { ChangeOf } from '../../host/change.ts'
import type { WriteCall } from '../../kernel/call.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import type { LaneSession } from '../lane-session.ts'
import { driverOf, overrideOf } from '../pci-function.ts'
import { attributePath, driverPath } from '../sysfs-paths.ts'
import { expectEffect } from './post-condition.ts'

export async function setOverride(
  session: LaneSession,
  change: ChangeOf<'setOverride'>
): Promise<void> {
  const { fn, driver } = change
  const [write] = overrideWrites(change, await overrideOf(session, fn))
  if (write === undefined) return
  await session.call(write)
  const words = (override: string | null) => override ?? 'no override'
  expectEffect(change, {
    expected: words(driver),
    found: words(await overrideOf(session, fn)),
  })
}

export function overrideWrites(
  { fn, driver }: ChangeOf<'setOverride'>,
  found: string | null
): readonly WriteCall[] {
  if (found === driver) return []
  // A lone newline clears it; an empty write does nothing at all.
  const text = `${driver ?? ''}\n`
  return [{ call: 'write', path: attributePath(fn, 'driver_override'), text }]
}

/** Waits for the driver, and with vfio-pci for the consumer: minutes, if need be. */
export async function unbind(
  session: LaneSession,
  change: ChangeOf<'unbind'>
): Promise<void> {
  const driver = await driverOf(session.kernel, change.fn)
  const [write] = unbindWrites(change, driver)
  if (write === undefined) return
  await writeUnbind(session, write)
  const found = await driverOf(session.kernel, change.fn)
  expectEffect(change, { expected: 'no driver', found: found ?? 'no driver' })
}

export function unbindWrites(
  { fn }: ChangeOf<'unbind'>,
  driver: string | null
): readonly WriteCall[] {
  if (driver === null) return []
  return [{ call: 'write', path: driverPath(driver, 'unbind'), text: fn }]
}

async function writeUnbind(session: LaneSession, write: WriteCall): Promise<void> {
  try {
    await session.call(write)
  } catch (cause) {
    // ENODEV: not bound to that driver any more. Whether it is bound at all is read next.
    if (!(cause instanceof KernelError && cause.errno === 'ENODEV')) throw cause
  }
}
