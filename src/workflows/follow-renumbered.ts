/** Whoever is to have a namespace that was created anew is to have the new one: VFs, what is declared, the assignment. */
import { namespaceIdOf } from '../inventory/identity.ts'
import { isOfSubsystem } from '../inventory/same-subsystem.ts'
import type { VirtualFunctionPolicyRow } from '../store/policy-row.ts'
import type { ControllerRow } from '../store/rows.ts'
import type { StoreWrite } from '../store/store.ts'
import type { CleanParams } from './clean-params.ts'
import type { Turn } from './define-workflow.ts'
import { attachmentsNow, renumberedIn, type Renumbered } from './renumbered.ts'

export function follow(
  turn: Turn,
  p: CleanParams,
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
  const idNow = own ? newIds(turn, p, own, renumbered) : (id: string) => id
  const declared = read
    .virtualFunctionPoliciesOf(p.hostId)
    .filter(({ controllerId }) => ids.includes(controllerId))
    .map((row): StoreWrite => {
      return { write: 'putVirtualFunctionPolicy', row: followed(row, now, idNow) }
    })
  return [...provisioned, ...declared, ofAssignment(turn, p, now)]
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

/** The next scan gives the new namespace its row, with this id. */
function newIds(
  { store }: Turn,
  { hostId }: CleanParams,
  own: ControllerRow,
  renumbered: readonly Renumbered[]
): (id: string) => string {
  const { namespaces } = store.read.inventoryOf(hostId)
  const pairs = renumbered.flatMap(({ was, is, nguid, eui64 }) => {
    const row = namespaces.find(
      ({ present, observation }) =>
        present && observation.nsid === was && isOfSubsystem(own, observation)
    )
    if (!row) return []
    const { subsystemNqn, serial } = row.observation
    return [
      [row.id, namespaceIdOf({ subsystemNqn, serial, nsid: is, nguid, eui64 })] as const,
    ]
  })
  const known = new Map(pairs)
  return (id) => known.get(id) ?? id
}

function ofAssignment(
  { outputs, at }: Turn,
  p: CleanParams,
  now: (nsid: number) => number
): StoreWrite {
  const { recreating: _, attachments: __, ...rest } = p.before
  const attachments = attachmentsNow(p, outputs)
  const before = {
    ...rest,
    ...(attachments && { attachments: renumberedIn(attachments, now) }),
  }
  return { write: 'updateAssignment', id: p.assignmentId, set: { before }, at }
}
