/**
 * The rows that bring the namespaces of a function to the host before they are erased, their disks held, and give them
 * back afterwards.
 */
import type { Refusal } from '../errors.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { change } from './change-row.ts'
import {
  cleaner,
  cleanerTarget,
  namespacesFound,
  RECORD_NAMESPACES,
  type CleanParams,
  type Found,
} from './clean-params.ts'
import { observe, pass, type Row, type Turn } from './define-workflow.ts'
import { refuseReachingOthers } from './guards/erasing.ts'
import { refuseUnrecreatable } from './guards/recreating.ts'
import { refuseUsed } from './guards/usage.ts'
import { look, type Look, type Move } from './moves.ts'
import { placeAll, type Recorded } from './placing.ts'
import { attachmentsNow, FINISH, nsidAfter, RECREATE } from './renumbered.ts'
import { primaryLock } from './restore-sriov.ts'
import { bindingNow } from './return-function.ts'
import { isOnline } from './serving-vf.ts'

/** What is there, how the drive erases it, and that nobody else has it. */
export function recordNamespaces(p: CleanParams): Row {
  return observe(RECORD_NAMESPACES, async (turn) => {
    const { ask, at, outputs } = turn
    if (bindingNow(outputs) === null) return { output: null }
    const fn = cleaner(p)
    const given = p.vf?.nsids ?? p.before.attachments?.given
    const nsids = given?.map((nsid) => nsidAfter(FINISH, outputs, nsid))
    const erasable = await ask({ read: 'erasable', fn, ...(nsids && { nsids }) })
    const namespaces = [...erasable.namespaces]
    const condition = await ask({ read: 'condition', fn })
    const found = { ...erasable, namespaces, condition, at }
    pass(RECORD_NAMESPACES, [
      ...(await refuseOthers(turn, p, found)),
      ...(p.cleaning ? await refuseUnrecreatable(ask, fn, nsidsOf(found)) : []),
    ])
    return { output: found }
  })
}

async function refuseFetching(
  turn: Turn,
  p: CleanParams,
  found: Found
): Promise<readonly Refusal[]> {
  const others = await refuseOthers(turn, p, found)
  if (!p.before.attachments) return others
  const used = await refuseUsed(turn.ask, p.fn, nsidsIn(turn))
  // A former release may hold the disk still; that nobody else does the hold proves.
  return [...others, ...used.filter(({ check }) => check !== 'namespace-open')]
}

async function refuseOthers(
  { ask }: Turn,
  p: CleanParams,
  found: Found
): Promise<readonly Refusal[]> {
  return refuseReachingOthers(ask, {
    through: cleaner(p),
    owners: await ownersOf(p, { ask }, 'before'),
    nsids: nsidsOf(found),
  })
}

/** cntlids that may have the namespaces until they have been fetched, and afterwards. */
export async function ownersOf(
  { fn, cntlid, vf, before: { attachments } }: CleanParams,
  { ask }: Pick<Turn, 'ask'>,
  when: 'before' | 'fetched'
): Promise<readonly number[]> {
  if (vf) {
    const own = when === 'before' && cntlid !== null ? [cntlid] : []
    return [...own, vf.primaryCntlid]
  }
  // Where a former release put some of them back.
  if (attachments && when === 'before') return attachments.controllers
  const { controller } = await ask({ read: 'identity', fn })
  return controller ? [controller.cntlid] : []
}

/** Those of a VF come to its primary, since a private namespace has one controller; a controller of the host has its own. */
export function fetchNamespaces(p: CleanParams): Row {
  return change('fetch-namespaces', {
    on: (turn) => targetIn(turn, p),
    locks: locksOf(p),
    guard: (turn) => onFound(turn, (found) => refuseFetching(turn, p, found)),
    do: (turn) => [
      ...gathered(turn, p, attachmentsNow(p, turn.outputs)),
      ...moved(p, nsidsIn(turn), 'to the host'),
      ...nsidsIn(turn).map(
        (nsid) => ({ change: 'holdDisk', fn: cleaner(p), nsid }) as const
      ),
    ],
    undo: (turn) => movesBack(p, nsidsIn(turn)),
  })
}

/** What goes with a controller is its own already, unless a former release has put some of it back. */
function gathered(
  turn: Turn,
  p: CleanParams,
  recorded: Recorded | undefined
): readonly Move[] {
  if (!recorded) return []
  const [own] = recorded.controllers
  const cntlids = own === undefined ? [] : [own]
  const given = recorded.found.filter(({ nsid }) => nsidsIn(turn).includes(nsid))
  const placed = given.map(({ nsid, shared }) => ({ nsid, shared, cntlids }))
  return placeAll(turn, p.fn, recorded, placed)
}

/** After an erase, or when it was accepted that there is none. */
export function returnNamespaces(p: CleanParams): Row {
  return change('return-namespaces', {
    on: (turn) => targetIn(turn, p),
    locks: locksOf(p),
    do: (turn) => movesBack(p, nsidsIn(turn)),
  })
}

/** Of a function that a former operation left half-way; of one that it did not, there is nothing to do. */
export function returnUncleaned(p: CleanParams): Row {
  const fn = cleaner(p)
  const letGo = look({ read: 'binding', fn }, ({ driver }) =>
    driver === 'nvme'
      ? [look({ read: 'erasable', fn }, ({ namespaces }) => releases(p, namespaces))]
      : []
  )
  return change('return-namespaces', {
    on: ({ outputs }) => (bindingNow(outputs) === null ? null : cleanerTarget(p)),
    locks: locksOf(p),
    do: p.vf ? movesBack(p, p.vf.nsids) : [letGo],
  })
}

export function releases(p: CleanParams, namespaces: readonly { readonly nsid: number }[]) {
  return namespaces.map(
    ({ nsid }) => ({ change: 'letGoOfDisk', fn: cleaner(p), nsid }) as const
  )
}

/**
 * QEMU 7.2 attaches nothing to a secondary that is offline: to let go of such a VF is not refused for that. Its namespaces
 * are the host's no more, and are attached when it is healed.
 */
function movesBack(p: CleanParams, nsids: readonly number[]): readonly Move[] {
  if (!p.acceptUncleaned || p.vf === null) return allMovesBack(p, nsids)
  return [ofThoseLeft(cleaner(p), nsids, (left) => allMovesBack(p, left))]
}

/** What was deleted, by a release that got no further or by somebody else, must not keep the rest from its place. */
export function ofThoseLeft(
  through: PciAddress,
  nsids: readonly number[],
  moves: (left: readonly number[]) => readonly Move[]
): Look {
  return look({ read: 'allocation', fn: through }, ({ nsids: all }) =>
    moves(nsids.filter((nsid) => all?.includes(nsid) ?? true))
  )
}

function allMovesBack(p: CleanParams, nsids: readonly number[]): readonly Move[] {
  const letGo = releases(
    p,
    nsids.map((nsid) => ({ nsid }))
  )
  const { vf } = p
  if (vf === null) return letGo
  const pf = vf.primary.address
  const back = look({ read: 'secondaries', pf }, (listed) =>
    isOnline(listed, p.cntlid)
      ? moved(p, nsids, 'to the function')
      : detached(pf, vf.primaryCntlid, nsids)
  )
  return [...letGo, back]
}

/** Off the one before on the other: what is private cannot be on both. */
function moved(
  { cntlid, vf }: CleanParams,
  nsids: readonly number[],
  whither: 'to the host' | 'to the function'
): readonly Move[] {
  if (vf === null || cntlid === null) return []
  const { primaryCntlid, primary } = vf
  const pf = primary.address
  const isToHost = whither === 'to the host'
  const [from, to] = isToHost ? [cntlid, primaryCntlid] : [primaryCntlid, cntlid]
  return [
    ...detached(pf, from, nsids),
    look({ read: 'attachments', pf, cntlid: to }, ({ nsids: attached }) =>
      nsids
        .filter((nsid) => !attached.includes(nsid))
        .map((nsid) => ({ change: 'attachNamespace', pf, nsid, cntlid: to }) as const)
    ),
  ]
}

function detached(
  pf: PciAddress,
  cntlid: number,
  nsids: readonly number[]
): readonly Move[] {
  return [
    look({ read: 'attachments', pf, cntlid }, ({ nsids: attached }) =>
      nsids
        .filter((nsid) => attached.includes(nsid))
        .map((nsid) => ({ change: 'detachNamespace', pf, nsid, cntlid }) as const)
    ),
  ]
}

export function locksOf({ vf }: CleanParams): readonly string[] {
  return vf ? [primaryLock(vf.controllerId)] : []
}

export function targetIn({ outputs }: Turn, p: CleanParams) {
  return namespacesFound(outputs) === null ? null : cleanerTarget(p)
}

/** Where nothing was looked at yet. null: the function has gone. */
export function targetOf({ outputs }: Turn, p: CleanParams) {
  return bindingNow(outputs) === null ? null : cleanerTarget(p)
}

/** As they are numbered by now. */
export function nsidsIn({ outputs }: Turn): readonly number[] {
  const found = namespacesFound(outputs)
  const nsids = found === null ? [] : nsidsOf(found)
  return nsids.map((nsid) => nsidAfter(RECREATE, outputs, nsid))
}

function nsidsOf({ namespaces }: Pick<Found, 'namespaces'>): readonly number[] {
  return namespaces.map(({ nsid }) => nsid)
}

export async function onFound(
  { outputs }: Turn,
  ask: (found: Found) => Promise<readonly Refusal[]>
): Promise<readonly Refusal[]> {
  const found = namespacesFound(outputs)
  return found === null ? [] : ask(found)
}
