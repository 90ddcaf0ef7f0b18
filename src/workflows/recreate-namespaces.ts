/**
 * The rows that delete namespaces and create others like them: `logical` cleaning, which an operator asks for by name. It
 * erases nothing by itself. What is to be made again is on record, with its assignment too, before the first is deleted:
 * an operation that died, or another release after one that was stuck, finds what is missing.
 */
import { isDeepStrictEqual } from 'node:util'
import { createdAmong, isSameNamespace } from '../nvme/namespace-layout.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { cleaner, namespacesFound, type CleanParams } from './clean-params.ts'
import { observe, pass, type Row, type Turn } from './define-workflow.ts'
import { locksOf, ownersOf, targetOf } from './fetch-namespaces.ts'
import { follow } from './follow-renumbered.ts'
import { refuseOther } from './guards/identity.ts'
import { refuseDeleting, refuseUnrecreatable } from './guards/recreating.ts'
import type { Ask } from './host-session.ts'
import { nullable, outputOf, Recreating, type ToRecreate } from './logged-shapes.ts'
import { carryOut, look, type Move } from './moves.ts'
import {
  attachmentsNow,
  FINISH,
  reachedNow,
  RECREATE,
  type Renumbered,
} from './renumbered.ts'

export const RECORD_ALLOCATED = 'record-allocated'

/** Deletes and creates all that was found. */
export function recreateNamespaces(p: CleanParams): readonly Row[] {
  return [recordAllocated(p), recreate(RECREATE, p, recordedIn)]
}

/** What a release before this one deleted, or was about to. Its markers had destroyed blocks: there is no way back. */
export function finishRecreating(p: CleanParams, left: ToRecreate): Row {
  return { ...recreate(FINISH, p, () => left), commit: true }
}

function recordAllocated(p: CleanParams): Row {
  return observe(RECORD_ALLOCATED, async ({ ask, at, outputs }) => {
    const found = namespacesFound(outputs)
    if (found === null) return { output: null }
    const fn = cleaner(p)
    const nsids = found.namespaces.map(({ nsid }) => nsid)
    pass(RECORD_ALLOCATED, await refuseUnrecreatable(ask, fn, nsids))
    const { namespaces } = await ask({ read: 'allocated', fn, nsids: { only: nsids } })
    const all = (await ask({ read: 'allocation', fn })).nsids ?? []
    const recreating = {
      namespaces: namespaces.map(({ nsid, nguid, eui64, layout }) => {
        return { nsid, nguid, eui64, layout }
      }),
      before: all.filter((nsid) => !nsids.includes(nsid)),
    }
    const attachments = attachmentsNow(p, outputs)
    const reached = reachedNow(p, outputs)
    const before = {
      ...p.before,
      ...(attachments && { attachments }),
      ...(reached && { reached }),
      recreating,
    }
    const set = { before }
    return {
      output: recreating,
      writes: [{ write: 'updateAssignment', id: p.assignmentId, set, at }],
    }
  })
}

function recordedIn({ outputs }: Turn): ToRecreate | null {
  return outputOf(nullable(Recreating), outputs, RECORD_ALLOCATED)
}

function recreate(
  name: string,
  p: CleanParams,
  wanted: (turn: Turn) => ToRecreate | null
): Row {
  const fn = cleaner(p)
  return {
    name,
    commit: false,
    locks: locksOf(p),
    guard: async (turn) => {
      const recreating = wanted(turn)
      const target = targetOf(turn, p)
      if (recreating === null || target === null) return
      pass(name, await refuseOther(turn.ask, target, turn.reboot))
      const nsids = await still(turn.ask, fn, recreating)
      const owners = await ownersOf(p, turn, 'before')
      pass(name, await refuseDeleting(turn.ask, { through: fn, owners, nsids }))
    },
    run: async (turn) => {
      const recreating = targetOf(turn, p) === null ? null : wanted(turn)
      if (recreating === null) return { output: { renumbered: [], writes: [] } }
      const moves = [
        ...recreating.namespaces.map((one) => removal(fn, one)),
        ...creations(fn, recreating),
      ]
      const made = await carryOut(moves, turn.ask, turn.apply)
      const renumbered = await renumberedNow(turn.ask, fn, recreating)
      const fetched = await ownersOf(p, turn, 'fetched')
      const attached = await carryOut(
        attaching(fn, fetched, renumbered),
        turn.ask,
        turn.apply
      )
      return {
        output: { renumbered: [...renumbered], writes: [...made, ...attached] },
        writes: follow(turn, p, recreating, renumbered),
      }
    },
  }
}

type Old = ToRecreate['namespaces'][number]

/** Whether that namespace is still there, and not only its nsid. */
const isStill = (old: Old) => (found: Parameters<typeof isSameNamespace>[0]) =>
  isSameNamespace(found, old)

async function still(ask: Ask, fn: PciAddress, { namespaces }: ToRecreate) {
  const only = namespaces.map(({ nsid }) => nsid)
  const found = await ask({ read: 'allocated', fn, nsids: { only } })
  return namespaces
    .filter((one) => found.namespaces.some(isStill(one)))
    .map(({ nsid }) => nsid)
}

/** Detached first, since drives differ in what they do with one that is attached. */
function removal(fn: PciAddress, old: Old): Move {
  const { nsid, nguid, eui64 } = old
  return look({ read: 'allocated', fn, nsids: { only: [nsid] } }, ({ namespaces }) =>
    namespaces.some(isStill(old))
      ? [
          { change: 'letGoOfDisk', fn, nsid },
          look({ read: 'attachedControllers', pf: fn, nsid }, ({ cntlids }) =>
            cntlids.map(
              (cntlid) => ({ change: 'detachNamespace', pf: fn, nsid, cntlid }) as const
            )
          ),
          { change: 'deleteNamespace', fn, nsid, nguid, eui64 },
        ]
      : []
  )
}

function creations(fn: PciAddress, recreating: ToRecreate): readonly Move[] {
  return layoutsOf(recreating).map(({ layout, nsids }) => ({
    change: 'createNamespaces',
    fn,
    layout,
    count: nsids.length,
    before: recreating.before,
  }))
}

function layoutsOf({ namespaces }: ToRecreate) {
  const layouts: { readonly layout: Old['layout']; readonly nsids: number[] }[] = []
  for (const { nsid, layout } of namespaces) {
    const same = layouts.find((one) => isDeepStrictEqual(one.layout, layout))
    if (same) same.nsids.push(nsid)
    else layouts.push({ layout, nsids: [nsid] })
  }
  return layouts
}

/** As those that they replace were: what a controller has is told by what is attached to it. */
function attaching(
  pf: PciAddress,
  cntlids: readonly number[],
  renumbered: readonly Renumbered[]
): readonly Move[] {
  return renumbered.flatMap(({ is: nsid }) =>
    cntlids.map((cntlid) => ({ change: 'attachNamespace', pf, nsid, cntlid }) as const)
  )
}

/** Those of one layout are alike: where it can be, one gets the nsid that it had. */
async function renumberedNow(
  ask: Ask,
  fn: PciAddress,
  recreating: ToRecreate
): Promise<readonly Renumbered[]> {
  const allBut = recreating.before
  await ask({ read: 'allocation', fn }) // of a plan this is where nobody can tell
  const { own, namespaces } = await ask({ read: 'allocated', fn, nsids: { allBut } })
  return layoutsOf(recreating).flatMap(({ layout, nsids }) => {
    const created = createdAmong(namespaces, layout, own)
    const others = created.filter(({ nsid }) => !nsids.includes(nsid))
    return nsids.map((was) => {
      const one = created.find(({ nsid }) => nsid === was) ?? others.shift()
      if (!one) throw new Error(`what was created for namespace ${was} has gone`)
      return { was, is: one.nsid, nguid: one.nguid, eui64: one.eui64 }
    })
  })
}
