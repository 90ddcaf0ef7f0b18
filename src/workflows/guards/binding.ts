/** Who may have a function while its controller is changed: nobody. */
import type { Refusal } from '../../errors.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { Ask } from '../host-session.ts'

/** @param unless the driver that may have it */
export async function refuseBound(
  ask: Ask,
  fn: PciAddress,
  unless: string | null = null
): Promise<readonly Refusal[]> {
  const { driver } = await ask({ read: 'binding', fn })
  return driver === null || driver === unless ? [] : [functionBound(fn, driver)]
}

export function functionBound(fn: PciAddress, driver: string): Refusal {
  return {
    check: 'function-bound',
    device: fn,
    reason: `${fn} is bound to ${driver}, which nvirt did not do`,
    remedy: `Unbind ${fn} from ${driver}.`,
  }
}
