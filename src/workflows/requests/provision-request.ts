/** From a request for virtual functions to an operation that provisions them. */
import type { DeclaredVf } from '../../store/policy-row.ts'
import type { ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import { useOfController } from '../allowed-from.ts'
import { requireUndeclared } from '../declared/require-undeclared.ts'
import { PROVISION, type ProvisionParams } from '../provision-params.ts'
import { refuseRequest } from '../provision-virtual-functions.ts'
import { expectedController } from '../guards/identity.ts'
import type { ProvisionRequest } from '../workflows.ts'
import { requireBudget } from './budget.ts'
import { chooseVirtualFunctions } from './choose-virtual-functions.ts'
import { namespacesOf } from './namespaces-of-request.ts'
import {
  found,
  invalid,
  noting,
  requireFree,
  requireLive,
  requireUse,
  type Prepared,
  type RequestContext,
} from './prepared.ts'

/** @throws ControlPlaneError not-found, invalid, conflict, wrong-state, insufficient-resources, guard, host-away */
export async function prepareProvision(
  context: RequestContext,
  controllerId: string,
  request: ProvisionRequest
): Promise<Prepared> {
  const { read } = context.store
  const row = found(read.controller(controllerId), 'controller', controllerId)
  const wanted = resourcesOf(request)
  requireFree(context, row.id, row.address, 'shared')
  requireUse(
    context,
    'provision',
    'controller',
    row.id,
    useOfController(context.store, row)
  )
  noting(context, () => requireUndeclared(context.store, row))
  const nsids = namespacesOf(context, row, request)
  const chosen = chooseVirtualFunctions(context, row, wanted.length)
  await requireBudget(context, row, wanted, chosen)
  const params = paramsOfProvision(
    row,
    chosen.map((vf, index) => ({
      row: vf,
      vq: wanted[index]?.vq ?? 0,
      vi: wanted[index]?.vi ?? 0,
      nsids: nsids[index] ?? [],
    })),
    request.driver ?? 'none'
  )
  await requireLive(context, row.hostId, row.address, (ask) =>
    refuseRequest(ask, context.store, params)
  )
  return { workflow: PROVISION, params, writes: () => [] }
}

type ToProvision = DeclaredVf & { readonly row: VirtualFunctionRow }

/** Shared with declared/. */
export function paramsOfProvision(
  controller: ControllerRow,
  vfs: readonly ToProvision[],
  driver: ProvisionParams['driver']
): ProvisionParams {
  const rows = vfs.map(({ row }) => row)
  return {
    hostId: controller.hostId,
    subject: { kind: 'controller', id: controller.id },
    holds: { exclusive: rows.map(({ id }) => id), shared: [controller.id] },
    controllerId: controller.id,
    primary: expectedController(controller),
    totalVfs: controller.observation.sriov?.totalVfs ?? 0,
    groups: driver === 'nvme' ? groupsOf(controller, rows) : [],
    virtualFunctions: vfs.map(({ row: { id, vfNumber, cntlid }, vq, vi, nsids }) => ({
      id,
      vfNumber,
      cntlid,
      vq,
      vi,
      nsids: [...nsids],
    })),
    driver,
  }
}

/** @throws ControlPlaneError invalid */
function resourcesOf({ virtualFunctions }: ProvisionRequest) {
  if (virtualFunctions.length === 0) throw invalid('virtualFunctions', 'must not be empty')
  return virtualFunctions.map(({ ioQueuePairs, interruptVectors }, index) => {
    const field = `virtualFunctions/${index}`
    requireCount(`${field}/ioQueuePairs`, ioQueuePairs)
    const vi = interruptVectors ?? ioQueuePairs + 1
    requireCount(`${field}/interruptVectors`, vi)
    return { vq: ioQueuePairs + 1, vi }
  })
}

function requireCount(field: string, count: number): void {
  if (!Number.isInteger(count) || count < 1) throw invalid(field, 'must be at least 1')
}

/** Shared with caretaker/. Of a VF that does not exist yet: its primary's, which it joins where nothing keeps the two apart. */
export function groupsOf(
  row: ControllerRow,
  chosen: readonly VirtualFunctionRow[]
): number[] {
  const groups = chosen.map(
    ({ observation }) => observation?.group ?? row.observation.group
  )
  return [...new Set(groups.flatMap((group) => (group ? [group.number] : [])))]
}
