/** May this function be handed over now? */
import type { Refusal } from '../../errors.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { Store } from '../../store/store.ts'
import { targetOf, type AssignParams } from '../assign-params.ts'
import { isOfAnother } from '../group-claims.ts'
import type { Ask } from '../host-session.ts'
import { refuseForeignBinding } from '../rebind.ts'
import { refuseDirect } from './direct.ts'
import { refuseGroup, refuseHeldBySiblings, refuseHeldGroup } from './group.ts'
import { refuseOther } from './identity.ts'
import { refuseWeakened } from './isolation.ts'
import { refuseOtherNamespaces } from './namespaces.ts'
import { refuseReachedByOthers } from './reached-by-others.ts'
import { refuseOffline } from './secondary.ts'
import { refuseTakenDown } from './taking-down.ts'
import { refuseUnsafe } from './tenant-safety.ts'
import { refuseToBeReturned } from './to-be-returned.ts'
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
  if (other.length > 0) return other
  return refuse(ask, store, p, isOthers, () =>
    p.direct ? refuseDirect(ask, p, p.direct) : refuseReached(ask, store, p, isOthers)
  )
}

/** Where it is known that the function is the one that is meant, and where it has the namespaces that it is to have. */
export async function refuseHandingOver(
  ask: Ask,
  store: Store,
  p: AssignParams,
  isOthers: (address: PciAddress) => boolean
): Promise<readonly Refusal[]> {
  return refuse(ask, store, p, isOthers, () => refuseReached(ask, store, p, isOthers))
}

async function refuse(
  ask: Ask,
  store: Store,
  p: AssignParams,
  isOthers: (address: PciAddress) => boolean,
  refuseNamespaces: () => Promise<readonly Refusal[]>
): Promise<readonly Refusal[]> {
  const { vf, fn } = p
  return [
    ...(vf ? await refuseOtherThanProvisioned(ask, p, vf.cntlid) : []),
    ...(p.canHaveVfs ? await refuseTakenDown(ask, store, p) : []),
    ...refuseForeignBinding(fn, await ask({ read: 'binding', fn })),
    ...(await refuseHeldGroup(ask, fn)),
    ...(await refuseHeldBySiblings(ask, fn, ownedBy(store, p, isOthers))),
    ...(await refuseNamespaces()),
    ...(await refuseGroup(ask, fn, isOthers)),
    ...(await refuseWeakened(ask, p)),
  ]
}

/** Whether the consumer that is to have this function has the one at an address. */
function ownedBy(
  store: Store,
  { hostId }: AssignParams,
  isOthers: (address: PciAddress) => boolean
): (address: PciAddress) => boolean {
  const isAssigned = isOfAnother(store, { hostId, claimant: null, requested: 'wait' })
  return (address) => isAssigned(address) && !isOthers(address)
}

async function refuseReached(
  ask: Ask,
  store: Store,
  p: AssignParams,
  isOthers: (address: PciAddress) => boolean
): Promise<readonly Refusal[]> {
  const reached = await reachedNow(ask, p)
  const isWhole = !p.exactly && !p.vf
  return [
    ...(p.exactly ? await refuseNotExactly(ask, p) : []),
    ...(isWhole ? refuseToBeReturned(store, p, reached ?? p.nsids) : []),
    ...(isWhole ? await refuseReachedByOthers(ask, store, p, reached, isOthers) : []),
    ...(await refuseUsed(ask, p.witness, reached)),
  ]
}

/** Of a subsystem in which nobody answers nothing can be asked. */
async function refuseNotExactly(
  ask: Ask,
  { witness, controller, nsids }: AssignParams
): Promise<readonly Refusal[]> {
  const spokesman = await ask({ read: 'answering', fn: witness })
  if (!controller.controller || !spokesman.controller) return []
  const { cntlid } = controller.controller
  return refuseOtherNamespaces(ask, witness, cntlid, nsids, ASSIGN_AGAIN)
}

const ASSIGN_AGAIN = 'Attach what it was asked for with, and nothing else; or release it.'

/** What was attached behind our back is reached as well. undefined: all of the subsystem may be. */
async function reachedNow(
  ask: Ask,
  { nsids, witness, vf, controller }: AssignParams
): Promise<readonly number[] | undefined> {
  const cntlid = vf?.cntlid ?? controller.controller?.cntlid
  const spokesman = await ask({ read: 'answering', fn: witness })
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
