/** From the id of a VF that somebody else made to an operation that adopts it. */
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import { pciAddress } from '../../nvme/pci-address.ts'
import { ADOPT, type AdoptParams } from '../adopt-params.ts'
import { refuseAdopting } from '../adopt-virtual-function.ts'
import { useOfUnprovisioned } from '../allowed-from.ts'
import { expectedController } from '../guards/identity.ts'
import { requireNotPromised } from './namespaces-of-request.ts'
import {
  found,
  requireFree,
  requireLive,
  requireUse,
  type Prepared,
  type RequestContext,
} from './prepared.ts'

/** @throws ControlPlaneError not-found, conflict, wrong-state, guard, host-away */
export async function prepareAdopt(
  context: RequestContext,
  virtualFunctionId: string
): Promise<Prepared> {
  const { read } = context.store
  const row = found(
    read.virtualFunction(virtualFunctionId),
    'virtual function',
    virtualFunctionId
  )
  const { controllerId, hostId, vfNumber, cntlid } = row
  const primary = found(read.controller(controllerId), 'controller', controllerId)
  const device = row.address ?? `VF ${vfNumber} of ${primary.address}`
  requireFree(context, row.id, device, 'exclusive')
  requireFree(context, primary.id, primary.address, 'shared')
  const use = useOfUnprovisioned(context.store, row)
  requireUse(context, 'adopt', 'virtual function', row.id, use)
  if (row.address === null) throw new Error(`VF ${row.id} is ${use}, but has no address`)
  const attached = read
    .inventoryOf(hostId)
    .namespaces.filter(({ observation }) => isOfSubsystem(primary, observation))
    .filter(
      ({ present, observation }) => present && observation.attachedTo.includes(cntlid)
    )
  requireNotPromised(
    context,
    primary,
    attached.map(({ observation }) => observation.nsid)
  )
  const params: AdoptParams = {
    hostId,
    subject: { kind: 'virtualFunction', id: row.id },
    holds: { exclusive: [row.id], shared: [primary.id] },
    controllerId,
    primary: expectedController(primary),
    virtualFunctionId: row.id,
    vfNumber,
    cntlid,
    fn: pciAddress(row.address),
  }
  await requireLive(context, hostId, device, (ask) => refuseAdopting(ask, params))
  return { workflow: ADOPT, params, writes: () => [] }
}
