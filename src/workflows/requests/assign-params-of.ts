/** What an operation must know to hand over a function, by what the last scan saw. */
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import { pciAddress } from '../../nvme/pci-address.ts'
import type { FunctionObservation } from '../../host/observation.ts'
import type { ControllerRow, NamespaceRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { AssignParams } from '../assign-params.ts'
import { expectedController } from '../guards/identity.ts'
import { managesNamespaces, siblingsOf } from './subsystem.ts'

export function paramsOfController(
  store: Store,
  row: ControllerRow,
  assignmentId: string
): AssignParams {
  const { namespaces } = store.read.inventoryOf(row.hostId)
  const isReached = ({ present, observation }: NamespaceRow) =>
    present &&
    isOfSubsystem(row, observation) &&
    observation.attachedTo.includes(row.cntlid)
  return {
    ...common(row, row.observation, assignmentId),
    functionId: row.id,
    holds: { exclusive: [row.id], shared: [] },
    fn: pciAddress(row.address),
    controller: expectedController(row),
    vf: null,
    canHaveVfs: row.observation.sriov !== null,
    nsids: namespaces.filter(isReached).map(({ observation }) => observation.nsid),
    witness: pciAddress(witnessOf(store, row).address),
  }
}

/** Of a controller that goes, or went, with these namespaces and no others: asked through one that stays. */
export function exactly(
  store: Store,
  row: ControllerRow,
  params: AssignParams,
  nsids: readonly number[]
): AssignParams {
  const [spokesman] = siblingsOf(store, row)
  const witness = spokesman ? pciAddress(spokesman.address) : params.witness
  return { ...params, nsids: [...nsids], witness, exactly: true }
}

/**
 * With how it comes to have them, where somebody speaks for the subsystem; else they can only be checked. Nobody is to get one of
 * those from which something is taken while it may be put back.
 */
export function throughSpokesman(
  store: Store,
  row: ControllerRow,
  params: AssignParams
): AssignParams {
  const siblings = siblingsOf(store, row)
  const [spokesman] = siblings
  if (!spokesman || !managesNamespaces(spokesman)) return params
  return {
    ...params,
    holds: { exclusive: [row.id], shared: siblings.map(({ id }) => id) },
    direct: {
      cntlid: row.cntlid,
      siblings: siblings.map(expectedController),
      controllerId: spokesman.id,
    },
  }
}

/** @param row of a VF that exists */
export function paramsOfVirtualFunction(
  primary: ControllerRow,
  row: VirtualFunctionRow,
  assignmentId: string
): AssignParams {
  if (row.address === null) throw new Error(`VF ${row.id} has no address`)
  return {
    ...common(primary, row.observation, assignmentId),
    functionId: row.id,
    holds: { exclusive: [row.id], shared: [primary.id] },
    fn: pciAddress(row.address),
    controller: expectedController(primary),
    vf: { vfNumber: row.vfNumber, cntlid: row.cntlid },
    canHaveVfs: false,
    nsids: [...(row.provisioned?.nsids ?? [])],
    witness: pciAddress(primary.address),
  }
}

function common(
  { hostId }: ControllerRow,
  seen: FunctionObservation | null,
  assignmentId: string
) {
  return {
    hostId,
    subject: { kind: 'assignment' as const, id: assignmentId },
    assignmentId,
    group: seen?.group?.number ?? null,
  }
}

/** A controller through which the host sees the subsystem's disks: itself, or another while it has no driver. */
function witnessOf({ read }: Store, row: ControllerRow): ControllerRow {
  if (row.observation.controller !== null) return row
  const answering = read
    .inventoryOf(row.hostId)
    .controllers.find(
      (other) =>
        other.present && other.observation.controller !== null && isOfSubsystem(row, other)
    )
  return answering ?? row
}
