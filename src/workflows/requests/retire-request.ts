/** From a virtual function's id to an operation that retires it. */
import { pciAddress } from '../../nvme/pci-address.ts'
import type { ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import { useOfVirtualFunction } from '../allowed-from.ts'
import { requireSurplus } from '../declared/require-undeclared.ts'
import { RETIRE, type RetireParams } from '../retire-params.ts'
import { refuseRetiring } from '../retire-virtual-function.ts'
import { expectedController } from '../guards/identity.ts'
import {
  found,
  noting,
  requireFree,
  requireLive,
  requireOwn,
  requireUse,
  type Prepared,
  type RequestContext,
} from './prepared.ts'

/** @throws ControlPlaneError not-found, conflict, wrong-state, guard, host-away */
export async function prepareRetire(
  context: RequestContext,
  virtualFunctionId: string
): Promise<Prepared> {
  const { read } = context.store
  const row = found(
    read.virtualFunction(virtualFunctionId),
    'virtual function',
    virtualFunctionId
  )
  const controller = found(
    read.controller(row.controllerId),
    'controller',
    row.controllerId
  )
  const device = row.address ?? `VF ${row.vfNumber} of ${controller.address}`
  if (row.provisioned) requireOwn(context, device, row.provisioned.tenant)
  requireFree(context, row.id, device, 'exclusive')
  requireFree(context, controller.id, controller.address, 'shared')
  requireUse(
    context,
    'retire',
    'virtual function',
    row.id,
    useOfVirtualFunction(context.store, row)
  )
  noting(context, () => requireSurplus(context.store, controller, row))
  const params = paramsOfRetire(row, controller)
  await requireLive(context, row.hostId, device, (ask) =>
    refuseRetiring({ ask, store: context.store }, params)
  )
  return { workflow: RETIRE, params, writes: () => [] }
}

/** Shared with declared/. */
export function paramsOfRetire(
  row: VirtualFunctionRow,
  controller: ControllerRow
): RetireParams {
  const { fetchedTo: cntlid, nsids = [], offline } = row.provisioned ?? {}
  return {
    hostId: row.hostId,
    subject: { kind: 'virtualFunction', id: row.id },
    holds: { exclusive: [row.id], shared: [controller.id] },
    controllerId: controller.id,
    primary: expectedController(controller),
    virtualFunctionId: row.id,
    vfNumber: row.vfNumber,
    cntlid: row.cntlid,
    fn: row.address === null ? null : pciAddress(row.address),
    ...(cntlid !== undefined && { fetched: { cntlid, nsids: [...nsids] } }),
    ...(offline && { offline }),
  }
}
