/**
 * The rows by which a controller gets the namespaces that were asked for and no others, and the host keeps the rest through
 * another controller of the subsystem.
 */
import { isOfSubsystem } from '../inventory/same-subsystem.ts'
import { spokesmanOf, type AssignParams, type Direct } from './assign-params.ts'
import { change } from './change-row.ts'
import { observe, refused, type Done, type Row, type Turn } from './define-workflow.ts'
import { cntlidsOf, noSpokesman, refuseDirect } from './guards/direct.ts'
import { driveTarget, isThere } from './guards/identity.ts'
import type { Ask } from './host-session.ts'
import { Attachments, Before, outputOf } from './logged-shapes.ts'
import { carryOutIfThere, type Look } from './moves.ts'
import { placedBesideOthers } from './others-controllers.ts'
import { placeAll, placesNow, whoAnswers, type Recorded } from './placing.ts'
import { primaryLock } from './restore-sriov.ts'

const RECORD = 'record-attachments'

export function directAttachments(p: AssignParams, direct: Direct): readonly Row[] {
  return [
    observe(RECORD, (turn) => recordAttachments(turn, p, direct), locksOf(direct)),
    attachNamespaces(p, direct, (recorded) => wanted(recorded, direct)),
  ]
}

/**
 * Of one that has other namespaces than it went with: those are attached again, and others detached from it. What is to be
 * put back when it is released stays as its assignment recorded it.
 */
export function attachAgain(p: AssignParams, direct: Direct): readonly Row[] {
  const find = async (turn: Turn) => ({ output: await attachmentsFound(turn, p, direct) })
  return [
    observe(RECORD, find, locksOf(direct)),
    attachNamespaces(p, direct, (recorded) => itsOwn(recorded, direct)),
  ]
}

function locksOf({ controllerId }: Direct) {
  return { locks: [primaryLock(controllerId)] }
}

/** A step of its own, as record-binding is: a second run of the next one would see what the first one did. */
async function recordAttachments(
  turn: Turn,
  p: AssignParams,
  direct: Direct
): Promise<Done> {
  const attachments = await attachmentsFound(turn, p, direct)
  const before = { ...outputOf(Before, turn.outputs, 'record-binding'), attachments }
  const set = { before }
  return {
    output: attachments,
    writes: [{ write: 'updateAssignment', id: p.assignmentId, set, at: turn.at }],
  }
}

async function attachmentsFound(
  { ask, store }: Turn,
  { hostId, nsids: given, controller: { controller } }: AssignParams,
  direct: Direct
): Promise<Recorded> {
  const { cntlid, siblings } = direct
  const { address } = spokesmanOf(direct)
  const { nsids: attached } = await ask({ read: 'attachments', pf: address, cntlid })
  const controllers = [cntlid, ...(await cntlidsOf(ask, siblings))]
  const { namespaces } = store.read.inventoryOf(hostId)
  const isShared = (nsid: number) =>
    namespaces.some(
      ({ observation }) =>
        observation.nsid === nsid &&
        controller !== null &&
        isOfSubsystem(controller, observation) &&
        observation.shared
    )
  const concerned = [...new Set([...given, ...attached])].map((nsid) => ({
    nsid,
    shared: isShared(nsid),
    cntlids: [],
  }))
  const found = await placesNow(ask, address, { given, controllers, found: concerned })
  return { given, controllers, found }
}

function attachNamespaces(
  p: AssignParams,
  direct: Direct,
  wantedOf: (recorded: Recorded) => Recorded['found']
): Row {
  const spokesman = spokesmanOf(direct)
  const row = change('attach-namespaces', {
    on: driveTarget(spokesman),
    ...locksOf(direct),
    guard: ({ ask }) => refuseDirect(ask, p, direct),
    do: (turn) => {
      const recorded = outputOf(Attachments, turn.outputs, RECORD)
      return placeAll(turn, spokesman.address, recorded, wantedOf(recorded))
    },
  })
  return { ...row, undo: (turn) => putBack(turn, p, direct) }
}

/** Those that were not asked for stay where the host has them, or go to the spokesman. */
function wanted(
  { given, controllers, found }: Recorded,
  direct: Direct
): Recorded['found'] {
  const spokesman = spokesmanOf(direct).controller?.cntlid ?? controllers[1]
  return found.map(({ nsid, shared, cntlids }) => {
    if (given.includes(nsid)) return { nsid, shared, cntlids: [direct.cntlid] }
    const others = cntlids.filter((cntlid) => cntlid !== direct.cntlid)
    const kept = others.length > 0 || spokesman === undefined ? others : [spokesman]
    return { nsid, shared, cntlids: kept }
  })
}

/** Others stay where they are but for this one: the host has lost them already, or never had them. */
function itsOwn({ given, found }: Recorded, { cntlid }: Direct): Recorded['found'] {
  return found.map(({ nsid, shared, cntlids }) => {
    if (given.includes(nsid)) return { nsid, shared, cntlids: [cntlid] }
    return { nsid, shared, cntlids: cntlids.filter((id) => id !== cntlid) }
  })
}

/**
 * By whoever answers: a drive keeps its attachments, also where the spokesman has gone. What is somebody else's by now is left
 * out, as by a release: somebody may have given it to a guest by hand, and what a former nvirt began did not hold all of them.
 * What has gone is nobody else's: what it was only to keep for a moment comes back to the host.
 */
async function putBack(turn: Turn, p: AssignParams, { siblings }: Direct) {
  const recorded = outputOf(Attachments, turn.outputs, RECORD)
  const candidates = [...siblings, p.controller]
  const back: Look = {
    look: async (ask) => {
      const speaker = await whoAnswers(ask, candidates)
      if (speaker) {
        const { controllers, found } = recorded
        const through = speaker.address
        const beside = { through, controllers, unseen: 'hosts' } as const
        return found.map((one) => placedBesideOthers(turn, p, beside, one))
      }
      if (await isAnyThere(ask, candidates))
        throw refused('putting attachments back', [noSpokesman(p.fn)])
      return []
    },
  }
  return { output: await carryOutIfThere([back], turn.ask, turn.apply) }
}

async function isAnyThere(ask: Ask, candidates: Direct['siblings']): Promise<boolean> {
  for (const candidate of candidates)
    if (await isThere(ask, driveTarget(candidate))) return true
  return false
}
