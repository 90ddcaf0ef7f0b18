/** The rows that bring the namespaces of a function to the host before they are erased, their disks held. */
import type { Refusal } from '../errors.ts'
import type { Erasable } from '../host/query.ts'
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
import { fetchedWrites, thenReturned } from './fetched.ts'
import { refuseReachingOthers } from './guards/erasing.ts'
import { refuseUnrecreatable } from './guards/recreating.ts'
import { refuseUsedByOthers } from './guards/usage.ts'
import { attachedSince, unaccountedStill } from './looked-again.ts'
import { moved, movesBack } from './move-namespaces.ts'
import { look, type Move } from './moves.ts'
import { othersCntlids } from './others-controllers.ts'
import { placeAll, type Recorded } from './placing.ts'
import { handedOver, unaccounted, type HandedOver } from './reached.ts'
import { attachmentsNow, nsidAfter, RECREATE } from './renumbered.ts'
import { primaryLock } from './restore-sriov.ts'
import { bindingNow } from './return-function.ts'

/** What is there, how the drive erases it, and that nobody else has it. */
export function recordNamespaces(p: CleanParams): Row {
  return observe(RECORD_NAMESPACES, async (turn) => {
    const { ask, at, outputs } = turn
    if (bindingNow(outputs) === null) return { output: null }
    const fn = cleaner(p)
    const { nsids, detached } = p.again
      ? await inDoubtNow(turn, p)
      : await handedOver(turn, p)
    const erasable = await ask({ read: 'erasable', fn, nsids })
    const namespaces = [...erasable.namespaces]
    const condition = await ask({ read: 'condition', fn })
    const found = {
      ...erasable,
      namespaces,
      ...(detached.length > 0 && { detached: [...detached] }),
      ...(await (p.again ? unaccountedStill : unaccounted)(turn, p, nsidsOf(erasable))),
      condition,
      at,
    }
    pass(RECORD_NAMESPACES, [
      ...(await refuseOthers(turn, p, found)),
      ...(p.cleaning ? await refuseUnrecreatable(ask, fn, nsidsOf(found)) : []),
    ])
    const vf = p.again === 'look' ? null : p.vf
    return { output: found, writes: vf ? fetchedWrites(turn, p, vf) : [] }
  })
}

async function inDoubtNow({ ask }: Turn, p: CleanParams): Promise<HandedOver> {
  return { nsids: p.again === 'erase' ? await attachedSince(ask, p) : [], detached: [] }
}

async function refuseFetching(
  turn: Turn,
  p: CleanParams,
  found: Found
): Promise<readonly Refusal[]> {
  return [
    ...(await refuseOthers(turn, p, found)),
    ...(await refuseUsedByOthers(turn.ask, cleaner(p), nsidsIn(turn))),
  ]
}

async function refuseOthers(
  turn: Turn,
  p: CleanParams,
  found: Found
): Promise<readonly Refusal[]> {
  return refuseReachingOthers(turn.ask, {
    through: cleaner(p),
    owners: await ownersOf(p, turn, 'before'),
    nsids: nsidsOf(found),
  })
}

/** cntlids that may have the namespaces until they have been fetched, and afterwards. */
export async function ownersOf(
  p: CleanParams,
  turn: Pick<Turn, 'ask' | 'store'>,
  when: 'before' | 'fetched'
): Promise<readonly number[]> {
  const { fn, cntlid, vf } = p
  const { attachments } = p.before
  if (vf) {
    const own = when === 'before' && cntlid !== null ? [cntlid] : []
    return [...own, vf.primaryCntlid]
  }
  // Where a former release put some of them back, unless somebody else has that by now.
  if (attachments && when === 'before') {
    const { controllers: among } = attachments
    const others = await othersCntlids(turn, p, { among, unseen: 'theirs' })
    return among.filter((id) => !others.includes(id))
  }
  const { controller } = await turn.ask({ read: 'answering', fn })
  return controller ? [controller.cntlid] : []
}

/** Those of a VF come to its primary, since a private namespace has one controller; a controller of the host has its own. */
export function fetchNamespaces(p: CleanParams): Row {
  const { undo, ...row } = change('fetch-namespaces', {
    on: (turn) => targetIn(turn, p),
    locks: locksOf(p),
    guard: (turn) => onFound(turn, (found) => refuseFetching(turn, p, found)),
    do: (turn) => [
      ...gathered(turn, p, attachmentsNow(p, turn.outputs)),
      ...ofDetached(turn, p, 'attachNamespace'),
      ...moved(p, nsidsIn(turn), 'to the host'),
      ...nsidsIn(turn).map(
        (nsid) => ({ change: 'holdDisk', fn: cleaner(p), nsid }) as const
      ),
    ],
    undo: (turn) => [
      ...movesBack(p, nsidsIn(turn)),
      ...ofDetached(turn, p, 'detachNamespace'),
    ],
  })
  return { ...row, ...(undo && { undo: thenReturned(p, undo) }) }
}

/** What its consumer detached from a controller comes to it again. */
function ofDetached(
  { outputs }: Turn,
  { fn }: CleanParams,
  change: 'attachNamespace' | 'detachNamespace'
): readonly Move[] {
  const detached = namespacesFound(outputs)?.detached ?? []
  if (detached.length === 0) return []
  return [
    look({ read: 'answering', fn }, ({ controller }) =>
      detached.flatMap((nsid) =>
        controller ? { change, pf: fn, nsid, cntlid: controller.cntlid } : []
      )
    ),
  ]
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

function nsidsOf({ namespaces }: Erasable): readonly number[] {
  return namespaces.map(({ nsid }) => nsid)
}

export async function onFound(
  { outputs }: Turn,
  ask: (found: Found) => Promise<readonly Refusal[]>
): Promise<readonly Refusal[]> {
  const found = namespacesFound(outputs)
  return found === null ? [] : ask(found)
}
