/** May this function be handed over now? */
import type { Refusal } from '../../errors.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { Store } from '../../store/store.ts'
import { targetOf, type AssignParams } from '../assign-params.ts'
import type { Ask } from '../host-session.ts'
import { refuseForeignBinding } from '../rebind.ts'
import { refuseGroup, refuseHeldGroup } from './group.ts'
import { refuseOther } from './identity.ts'
import { refuseWeakened } from './isolation.ts'
import { refuseOtherNamespaces } from './namespaces.ts'
import { refuseOffline } from './secondary.ts'
import { refuseTakenDown } from './taking-down.ts'
import { refuseUnsafe } from './tenant-safety.ts'
import { attachedNamespaces, refuseUsed } from './usage.ts'

/**
 * Read by the request too, so that a mounted namespace is refused before anything is begun.
 *
 * @param isOthers whether the function at an address is assigned to another consumer
 */
export async function refuseAssigning(
  ask: Ask,
  store: Store,
  p: AssignParams,
  isOthers: (address: PciAddress) => boolean
): Promise<readonly Refusal[]> {
  const other = await refuseOther(ask, targetOf(p))
  return other.length > 0 ? other : refuseHandingOver(ask, store, p, isOthers)
}

/** Where it is known that the function is the one that is meant. */
export async function refuseHandingOver(
  ask: Ask,
  store: Store,
  p: AssignParams,
  isOthers: (address: PciAddress) => boolean
): Promise<readonly Refusal[]> {
  const { vf, fn } = p
  return [
    ...(vf ? await refuseOtherThanProvisioned(ask, p, vf.cntlid) : []),
    ...(p.canHaveVfs ? await refuseTakenDown(ask, store, p) : []),
    ...refuseForeignBinding(fn, await ask({ read: 'binding', fn })),
    ...(await refuseHeldGroup(ask, fn)),
    ...(await refuseUsed(ask, p.witness, await reachedNow(ask, p))),
    ...(await refuseGroup(ask, fn, isOthers)),
    ...(await refuseWeakened(ask, p)),
  ]
}

/** What was attached behind our back is reached as well. undefined: all of the subsystem may be. */
async function reachedNow(
  ask: Ask,
  { nsids, witness, vf, controller }: AssignParams
): Promise<readonly number[] | undefined> {
  const cntlid = vf?.cntlid ?? controller.controller?.cntlid
  const spokesman = await ask({ read: 'identity', fn: witness })
  if (cntlid === undefined || !spokesman.controller) return nsids
  const attached = await attachedNamespaces(ask, witness, cntlid)
  return attached && [...new Set([...nsids, ...attached])]
}

async function refuseOtherThanProvisioned(
  ask: Ask,
  p: AssignParams,
  cntlid: number
): Promise<readonly Refusal[]> {
  const { controller, fn, nsids } = p
  const offline = await refuseOffline(ask, controller.address, fn, cntlid)
  return [
    ...offline,
    ...(offline.length === 0 ? await refuseUnsafe(ask, p) : []),
    ...(await refuseOtherNamespaces(ask, controller.address, cntlid, nsids)),
  ]
}
