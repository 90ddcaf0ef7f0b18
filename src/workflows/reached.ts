/**
 * Which namespaces a function was handed over with, and what has become of them: the consumer of a controller may detach,
 * delete and create some, and of none of them may be said that it is clean since nobody sees it.
 */
import { HostDriverError } from '../host/driver.ts'
import { isSameNamespace } from '../nvme/namespace-layout.ts'
import { isOfSubsystem } from '../inventory/same-subsystem.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { spokesmanOf, type AssignParams } from './assign-params.ts'
import { cleaner, type CleanParams, type Found } from './clean-params.ts'
import type { Turn } from './define-workflow.ts'
import { refuseReachingOthers } from './guards/erasing.ts'
import type { Ask } from './host-session.ts'
import { FINISH, nsidAfter, reachedNow } from './renumbered.ts'

type Reached = NonNullable<CleanParams['before']['reached']>

/** Before a controller is handed over. undefined: nobody knows, which keeps no consumer from being given it. */
export async function reachedBy(
  turn: Pick<Turn, 'ask' | 'store'>,
  p: AssignParams
): Promise<Reached | undefined> {
  try {
    return p.direct
      ? await allOf(turn.ask, spokesmanOf(p.direct).address, p.nsids)
      : await allOf(turn.ask, p.fn, await attachedTo(turn.ask, p.fn))
  } catch (error) {
    if (error instanceof HostDriverError) return lastSeenOf(turn, p)
    throw error
  }
}

/** @param through which controller of the subsystem is asked */
async function allOf(
  ask: Ask,
  through: PciAddress,
  nsids: readonly number[]
): Promise<Reached> {
  const { nsids: allocated } = await ask({ read: 'allocation', fn: through })
  if (allocated === null) {
    const namespaces = nsids.map((nsid) => ({ nsid, nguid: null, eui64: null }))
    return { namespaces, allocated }
  }
  const found = await ask({ read: 'allocated', fn: through, nsids: { only: nsids } })
  const namespaces = found.namespaces.map(({ nsid, nguid, eui64 }) => {
    return { nsid, nguid, eui64 }
  })
  return { namespaces, allocated: [...allocated] }
}

/** By the last scan, of a controller that does not answer now. undefined: none has seen anything of it. */
function lastSeenOf(
  { store }: Pick<Turn, 'store'>,
  { hostId, functionId, nsids }: AssignParams
): Reached | undefined {
  const own = store.read.controller(functionId)
  if (!own) return undefined
  const namespaces = store.read
    .inventoryOf(hostId)
    .namespaces.filter(({ present }) => present)
    .map(({ observation }) => observation)
    .filter((one) => isOfSubsystem(own, one) && nsids.includes(one.nsid))
    .map(({ nsid, nguid, eui64 }) => ({ nsid, nguid, eui64 }))
  return namespaces.length > 0 ? { namespaces, allocated: null } : undefined
}

/** nsids. */
export async function attachedTo(ask: Ask, fn: PciAddress): Promise<readonly number[]> {
  return (await ask({ read: 'erasable', fn })).namespaces.map(({ nsid }) => nsid)
}

/** nsids, as they are numbered when it is taken back. */
export type HandedOver = {
  /** What is to be erased, where it is still there. */
  readonly nsids: readonly number[]
  /** Of them, those that are to be attached again first. */
  readonly detached: readonly number[]
}

/** Those that it was handed over with, wherever they are, and those that it has besides. */
export async function handedOver(turn: Turn, p: CleanParams): Promise<HandedOver> {
  const { ask, outputs } = turn
  if (p.vf) {
    const nsids = p.vf.nsids.map((nsid) => nsidAfter(FINISH, outputs, nsid))
    return { nsids, detached: [] }
  }
  const attached = await attachedTo(ask, p.fn)
  const given = await stillThere(ask, p.fn, handedIn(turn, p) ?? [], attached)
  const { attachments } = p.before
  // What the host had is put back to where it was.
  const ofHost =
    attachments?.found.map(({ nsid }) => nsidAfter(FINISH, outputs, nsid)) ?? []
  const added = attached.filter((nsid) => !given.includes(nsid) && !ofHost.includes(nsid))
  const detached = given.filter((nsid) => !attached.includes(nsid))
  return {
    nsids: [...given, ...added].toSorted((a, b) => a - b),
    // Chosen ones are placed on it anyway.
    detached: attachments ? [] : detached,
  }
}

type Handed = { readonly nsid: number } | Reached['namespaces'][number]

/** undefined: nobody has recorded it. */
function handedIn({ outputs }: Turn, p: CleanParams): readonly Handed[] | undefined {
  const { attachments } = p.before
  const known = reachedNow(p, outputs)?.namespaces
  const given = attachments?.given.map((nsid) => ({
    nsid: nsidAfter(FINISH, outputs, nsid),
  }))
  return known ?? given
}

/** Not where another has its nsid by now. A drive that does not list what it has is asked for each. */
async function stillThere(
  ask: Ask,
  fn: PciAddress,
  handed: readonly Handed[],
  attached: readonly number[]
): Promise<readonly number[]> {
  const nsids = handed.map(({ nsid }) => nsid)
  if (nsids.every((nsid) => attached.includes(nsid))) return nsids
  if ((await ask({ read: 'allocation', fn })).nsids === null) return nsids
  const { namespaces } = await ask({ read: 'allocated', fn, nsids: { only: nsids } })
  const isThere = (one: Handed) =>
    namespaces.some((now) =>
      'nguid' in one ? isSameNamespace(now, one) : now.nsid === one.nsid
    )
  return handed
    .filter((one) => attached.includes(one.nsid) || isThere(one))
    .map(({ nsid }) => nsid)
}

export type Unaccounted = Pick<
  Found,
  'deleted' | 'missing' | 'unattached' | 'unattachedAs' | 'unrecorded'
>

/** What an erase of these namespaces does not reach. */
export async function unaccounted(
  turn: Turn,
  p: CleanParams,
  erased: readonly number[]
): Promise<Unaccounted> {
  const fn = cleaner(p)
  const handed = handedNsids(turn, p)
  const lost = handed?.filter((nsid) => !erased.includes(nsid)) ?? []
  // Where nobody has recorded what there was, each may have been its consumer's.
  const known = p.vf ? null : (reachedNow(p, turn.outputs)?.allocated ?? [])
  if (lost.length === 0 && known === null) return {}
  const listed = (await turn.ask({ read: 'allocation', fn })).nsids
  if (!handed && listed === null) return erased.length === 0 ? { unrecorded: true } : {}
  // One that is known by more than its nsid, and has that no more, has been deleted too.
  const isDeleted = (nsid: number) =>
    listed !== null && (known !== null || !listed.includes(nsid))
  const isNew = (nsid: number) =>
    known !== null && (!known.includes(nsid) || lost.includes(nsid))
  const besides = (listed ?? []).filter((nsid) => isNew(nsid) && !erased.includes(nsid))
  return {
    ...named('deleted', lost.filter(isDeleted)),
    ...named(
      'missing',
      lost.filter((nsid) => !isDeleted(nsid))
    ),
    ...(await knownAs(turn.ask, fn, await ofNobody(turn.ask, fn, besides))),
  }
}

/** By more than their nsids, which others may get once they are deleted. */
export async function knownAs(
  ask: Ask,
  fn: PciAddress,
  unattached: readonly number[]
): Promise<Pick<Found, 'unattached' | 'unattachedAs'>> {
  if (unattached.length === 0) return {}
  const { namespaces } = await ask({ read: 'allocated', fn, nsids: { only: unattached } })
  const unattachedAs = namespaces.map(({ nsid, nguid, eui64 }) => ({ nsid, nguid, eui64 }))
  return { unattached: [...unattached], unattachedAs }
}

function handedNsids(turn: Turn, p: CleanParams): readonly number[] | undefined {
  if (p.vf) return p.vf.nsids.map((nsid) => nsidAfter(FINISH, turn.outputs, nsid))
  return handedIn(turn, p)?.map(({ nsid }) => nsid)
}

/** @param owners cntlids that do not count */
export async function ofNobody(
  ask: Ask,
  through: PciAddress,
  nsids: readonly number[],
  owners: readonly number[] = []
): Promise<readonly number[]> {
  const nobodys: number[] = []
  for (const nsid of nsids) {
    const having = await refuseReachingOthers(ask, { through, owners, nsids: [nsid] })
    if (having.length === 0) nobodys.push(nsid)
  }
  return nobodys
}

export function named<Name extends string>(name: Name, nsids: readonly number[]) {
  return nsids.length > 0 ? { [name]: [...nsids] } : {}
}
