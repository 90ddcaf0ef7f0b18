/**
 * Which namespaces a function was handed over with, and what has become of them: the consumer of a controller may detach,
 * delete and create some, and of none of them may be said that it is clean since nobody sees it.
 */
import { HostDriverError } from '../host/driver.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { cleaner, type CleanParams, type Found } from './clean-params.ts'
import type { Turn } from './define-workflow.ts'
import { refuseReachingOthers } from './guards/erasing.ts'
import type { Ask } from './host-session.ts'
import { FINISH, nsidAfter, reachedNow } from './renumbered.ts'

type Reached = NonNullable<CleanParams['before']['reached']>

/**
 * Before a controller is handed over. undefined: its drive does not answer, which keeps nobody from being given it.
 *
 * @param chosen nsids that it goes with, else all that are attached to it
 */
export async function reachedBy(
  ask: Ask,
  fn: PciAddress,
  chosen?: readonly number[]
): Promise<Reached | undefined> {
  try {
    const nsids = chosen ?? (await attachedTo(ask, fn))
    const { nsids: allocated } = await ask({ read: 'allocation', fn })
    if (allocated === null) {
      const namespaces = nsids.map((nsid) => ({ nsid, nguid: null, eui64: null }))
      return { namespaces, allocated }
    }
    const found = await ask({ read: 'allocated', fn, nsids: { only: nsids } })
    const namespaces = found.namespaces.map(({ nsid, nguid, eui64 }) => {
      return { nsid, nguid, eui64 }
    })
    return { namespaces, allocated: [...allocated] }
  } catch (error) {
    if (error instanceof HostDriverError) return undefined
    throw error
  }
}

async function attachedTo(ask: Ask, fn: PciAddress): Promise<readonly number[]> {
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
    namespaces.some(
      (now) =>
        now.nsid === one.nsid &&
        (!('nguid' in one) || (now.nguid === one.nguid && now.eui64 === one.eui64))
    )
  return handed
    .filter((one) => attached.includes(one.nsid) || isThere(one))
    .map(({ nsid }) => nsid)
}

type Unaccounted = Pick<Found, 'deleted' | 'missing' | 'unattached' | 'unrecorded'>

/** What an erase of these namespaces does not reach. */
export async function unaccounted(
  turn: Turn,
  p: CleanParams,
  erased: readonly number[]
): Promise<Unaccounted> {
  const fn = cleaner(p)
  const handed = handedNsids(turn, p)
  if (!handed) return erased.length === 0 ? { unrecorded: true } : {}
  const lost = handed.filter((nsid) => !erased.includes(nsid))
  const known = p.vf ? null : (reachedNow(p, turn.outputs)?.allocated ?? null)
  if (lost.length === 0 && known === null) return {}
  const listed = (await turn.ask({ read: 'allocation', fn })).nsids
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
    ...named('unattached', await ofNobody(turn.ask, fn, besides)),
  }
}

function handedNsids(turn: Turn, p: CleanParams): readonly number[] | undefined {
  if (p.vf) return p.vf.nsids.map((nsid) => nsidAfter(FINISH, turn.outputs, nsid))
  return handedIn(turn, p)?.map(({ nsid }) => nsid)
}

async function ofNobody(ask: Ask, through: PciAddress, nsids: readonly number[]) {
  const nobodys: number[] = []
  for (const nsid of nsids) {
    const having = await refuseReachingOthers(ask, { through, owners: [], nsids: [nsid] })
    if (having.length === 0) nobodys.push(nsid)
  }
  return nobodys
}

function named<Name extends string>(name: Name, nsids: readonly number[]) {
  return nsids.length > 0 ? { [name]: [...nsids] } : {}
}
