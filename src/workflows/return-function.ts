/** Taking a function back from its consumer: how it was found, and whether it is still the consumer's to give. */
import { isDeepStrictEqual } from 'node:util'
import type { Static } from 'typebox'
import type { Refusal } from '../errors.ts'
import { HostDriverError } from '../host/driver.ts'
import type { Binding as HostBinding } from '../host/query.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { isOtherDrive } from '../inventory/same-function.ts'
import { functionTarget, refuseOther, type Target } from './guards/identity.ts'
import type { Ask } from './host-session.ts'
import { Binding, nullable, outputOf, type Before } from './logged-shapes.ts'

export type Recorded = Static<typeof Before>

type Returned = { readonly fn: PciAddress }

export const RECORD_BINDING = 'record-binding'

/** The function itself, of a VF too: what its assignment recorded. */
export function recordedTarget({ fn }: Returned, { identity }: Recorded): Target {
  const { controller = null, pci } = identity
  return functionTarget(fn, { address: fn, controller, pci })
}

/**
 * null: the function has gone, or its host was started again since, so that nothing of ours is left to undo. Another drive
 * in its slot, though it says the same of itself, is none of ours.
 */
export async function bindingFound(
  ask: Ask,
  { fn }: Returned,
  { identity }: Recorded
): Promise<HostBinding | null> {
  try {
    const { pci } = await ask({ read: 'identity', fn })
    if (pci.bootId !== identity.pci.bootId || isOtherDrive(identity.pci, pci)) return null
    return await ask({ read: 'binding', fn })
  } catch (error) {
    if (error instanceof HostDriverError && error.failure.kind === 'gone') return null
    throw error
  }
}

export function bindingNow(
  outputs: Parameters<typeof outputOf>[1]
): Static<typeof Binding> | null {
  return outputOf(nullable(Binding), outputs, RECORD_BINDING)
}

/**
 * Only from vfio-pci, or from no driver at all, is a function taken: everything else is somebody else's doing.
 *
 * @param ours drivers that this workflow gives it itself
 */
export async function refuseRebound(
  ask: Ask,
  p: Returned,
  before: Recorded,
  ours: readonly string[] = []
): Promise<readonly Refusal[]> {
  const other = await refuseOther(ask, recordedTarget(p, before))
  if (other.length > 0) return other
  const { fn } = p
  const { driver } = await ask({ read: 'binding', fn })
  const expected = ['vfio-pci', before.binding.driver, ...ours]
  if (driver === null || expected.includes(driver)) return []
  return [refusal(fn, 'function-rebound', `was bound to ${driver} by somebody else`)]
}

function refusal(fn: string, check: string, what: string): Refusal {
  return {
    check,
    device: fn,
    reason: `${fn} ${what} since it was assigned`,
    remedy: `Find out who did this, and bind ${fn} to vfio-pci again.`,
  }
}

export async function refuseUnrestored(
  ask: Ask,
  { fn }: Returned,
  { binding }: Pick<Recorded, 'binding'>
): Promise<readonly Refusal[]> {
  const found = await ask({ read: 'binding', fn })
  if (isDeepStrictEqual(found, binding)) return []
  return [refusal(fn, 'binding-not-restored', `is bound to ${found.driver ?? 'no driver'}`)]
}
