/** Changing which driver has a function. The override comes first, so that nobody else can take it in between. */
import type { Refusal } from '../errors.ts'
import type { OverrideDriver } from '../host/change.ts'
import type { Binding } from '../host/query.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { look, type Move } from './moves.ts'

const OURS: readonly OverrideDriver[] = ['nvme', 'vfio-pci', 'none']

/**
 * From whatever binding the function has to the wanted one. It looks before it unbinds: a second run must not take the
 * function away from where the first one put it. Where the driver is right already the probe still waits until it
 * serves the function.
 *
 * @param beforeUnbind moves that come before the function is taken from a driver
 */
export function rebind(
  fn: PciAddress,
  wanted: Binding,
  beforeUnbind: readonly Move[] = []
): readonly Move[] {
  return [
    look({ read: 'binding', fn }, ({ driver }) => {
      const isTaken = driver !== null && driver !== wanted.driver
      // By its ids it had it at boot, before nvme came, which would have the function now.
      const isLent = driver !== 'vfio-pci' && isOfIds(wanted)
      return [
        ...(isTaken ? beforeUnbind : []),
        { change: 'setOverride', fn, driver: isLent ? 'vfio-pci' : overrideOf(wanted) },
        ...(isTaken ? [{ change: 'unbind', fn } as const] : []),
        ...(wanted.driver === null
          ? []
          : [{ change: 'probe', fn, expectDriver: named(wanted.driver) } as const]),
        ...(isLent ? [{ change: 'setOverride', fn, driver: null } as const] : []),
      ]
    }),
  ]
}

/** As `vfio-pci.ids=` on the kernel command line does it. */
function isOfIds({ driver, override }: Binding): boolean {
  return driver === 'vfio-pci' && override === null
}

/** A binding that could not be put back, because nvirt writes no such name into an override. */
export function refuseForeignBinding(fn: PciAddress, binding: Binding): readonly Refusal[] {
  const names = [binding.driver, binding.override].filter((name) => name !== null)
  return names
    .filter((name) => !isOurs(name))
    .map((name) => ({
      check: 'foreign-driver',
      device: fn,
      reason: `${fn} is bound or reserved to ${name}, which nvirt cannot put back afterwards`,
      remedy: `Unbind ${fn} and clear its driver_override.`,
    }))
}

function overrideOf({ override }: Binding): OverrideDriver | null {
  return override === null ? null : named(override)
}

function named(driver: string): OverrideDriver {
  if (isOurs(driver)) return driver
  throw new Error(`nvirt never binds ${driver}`)
}

function isOurs(name: string): name is OverrideDriver {
  return (OURS as readonly string[]).includes(name)
}
