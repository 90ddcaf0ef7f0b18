/** Whoever is to have a namespace that was created anew is to have the new one: VFs, what is declared, the assignment. */
import { namespaceIdOf, type NamespaceIdentity } from '../inventory/identity.ts'
import { isOfSubsystem } from '../inventory/same-subsystem.ts'
import type { VirtualFunctionPolicyRow } from '../store/policy-row.ts'
import type { ControllerRow } from '../store/rows.ts'
import type { StoreWrite } from '../store/store.ts'
import type { CleanParams } from './clean-params.ts'
import type { Turn } from './define-workflow.ts'
import type { ToRecreate } from './logged-shapes.ts'
import {
  attachmentsNow,
  reachedAfter,
  reachedNow,
  renumberedIn,
  type Renumbered,
} from './renumbered.ts'

export function follow(
  turn: Turn,
  p: CleanParams,
  recreating: ToRecreate,
  renumbered: readonly Renumbered[]
): readonly StoreWrite[] {
  const { read } = turn.store
  const own = read.controller(p.vf?.controllerId ?? p.functionId)
  const ofDrive = own
    ? read.inventoryOf(p.hostId).controllers.filter((row) => isOfSubsystem(own, row))
    : []
  const ids = ofDrive.map(({ id }) => id)
  const now = (nsid: number) => renumbered.find(({ was }) => was === nsid)?.is ?? nsid
  const provisioned = read
    .inventoryOf(p.hostId)
    .virtualFunctions.filter(({ controllerId }) => ids.includes(controllerId))
    .flatMap(({ id, provisioned: vf }): StoreWrite[] => {
      if (!vf || vf.nsids.every((nsid) => now(nsid) === nsid)) return []
      const set = { ...vf, nsids: vf.nsids.map(now) }
      return [{ write: 'setProvisioned', virtualFunctionId: id, provisioned: set }]
    })
  const idNow = own ? newIds(own, recreating, renumbered) : (id: string) => id
  const declared = read
    .virtualFunctionPoliciesOf(p.hostId)
    .filter(({ controllerId }) => ids.includes(controllerId))
    .map((row): StoreWrite => {
      return { write: 'putVirtualFunctionPolicy', row: followed(row, now, idNow) }
    })
  return [
    ...provisioned,
    ...declared,
    ...ofOthers(turn, p, ids, now),
    ofAssignment(turn, p, renumbered, now),
  ]
}

/** What other controllers of the drive were handed over beside, so that their releases do not take the new ones for their consumers'. */
function ofOthers(
  { store, at }: Turn,
  { hostId, assignmentId }: CleanParams,
  controllerIds: readonly string[],
  now: (nsid: number) => number
): readonly StoreWrite[] {
  return store.read
    .standingAssignmentsOf(hostId)
    .filter(
      ({ id, functionId }) => id !== assignmentId && controllerIds.includes(functionId)
    )
    .flatMap(({ id, before }): StoreWrite[] => {
      const { allocated } = before?.reached ?? {}
      if (!before?.reached || !allocated?.some((nsid) => now(nsid) !== nsid)) return []
      const reached = { ...before.reached, allocated: allocated.map(now) }
      return [
        { write: 'updateAssignment', id, set: { before: { ...before, reached } }, at },
      ]
    })
}

function followed(
  row: VirtualFunctionPolicyRow,
  now: (nsid: number) => number,
  idNow: (id: string) => string
): VirtualFunctionPolicyRow {
  const { namespaceIds } = row.request
  const lists = namespaceIds?.map((list) => list.map(idNow))
  return {
    ...row,
    request: { ...row.request, ...(lists && { namespaceIds: lists }) },
    virtualFunctions: row.virtualFunctions.map((vf) => {
      return { ...vf, nsids: vf.nsids.map(now) }
    }),
  }
}

/** The next scan gives the new namespace its row, with this id. Each has an identifier of its own, else it is not deleted. */
function newIds(
  { serial, subsystemNqn }: ControllerRow,
  { namespaces }: ToRecreate,
  renumbered: readonly Renumbered[]
): (id: string) => string {
  const idOf = (one: Pick<NamespaceIdentity, 'nsid' | 'nguid' | 'eui64'>) =>
    namespaceIdOf({ subsystemNqn, serial, ...one })
  const pairs = renumbered.flatMap(({ was, is: nsid, nguid, eui64 }) => {
    const old = namespaces.find((one) => one.nsid === was)
    return old ? [[idOf(old), idOf({ nsid, nguid, eui64 })] as const] : []
  })
  const known = new Map(pairs)
  return (id) => known.get(id) ?? id
}

function ofAssignment(
  { outputs, at }: Turn,
  p: CleanParams,
  renumbered: readonly Renumbered[],
  now: (nsid: number) => number
): StoreWrite {
  const { recreating: _, attachments: __, reached: ___, ...rest } = p.before
  const attachments = attachmentsNow(p, outputs)
  const reached = reachedNow(p, outputs)
  const before = {
    ...rest,
    ...(attachments && { attachments: renumberedIn(attachments, now) }),
    ...(reached && { reached: reachedAfter(reached, renumbered) }),
  }
  return { write: 'updateAssignment', id: p.assignmentId, set: { before }, at }
}
