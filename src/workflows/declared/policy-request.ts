/** From what somebody declares of the VFs of a controller to rows: its pools divided, its namespaces found. */
import { ControlPlaneError } from '../../errors.ts'
import { eventWrite } from '../../events/events.ts'
import type {
  PolicySharing,
  VirtualFunctionPolicy,
  VirtualFunctionPolicyRow,
} from '../../store/policy-row.ts'
import type { ControllerRow } from '../../store/rows.ts'
import type { StoreWrite } from '../../store/store.ts'
import { requireState, useOfController } from '../allowed-from.ts'
import { expectedController } from '../guards/identity.ts'
import { refuseSilent } from '../guards/resizing.ts'
import { nsidsOf, requireNotPromised } from '../requests/namespaces-of-request.ts'
import {
  found,
  invalid,
  requireLive,
  requireOwn,
  type RequestContext,
} from '../requests/prepared.ts'
import { requirePrimary } from '../requests/resize-request.ts'
import { divideLivePools } from './divide-live-pools.ts'

/** @throws ControlPlaneError not-found, invalid, forbidden, wrong-state, insufficient-resources, guard, host-away */
export async function policyWrites(
  context: RequestContext,
  controllerId: string,
  request: VirtualFunctionPolicy
): Promise<readonly StoreWrite[]> {
  const { store, caller, at } = context
  const controller = found(store.read.controller(controllerId), 'controller', controllerId)
  const before = store.read.virtualFunctionPolicy(controllerId)
  if (before) requireOwn(context, controller.address, before.tenant)
  requireForm(request)
  const use = useOfController(store, controller)
  requireState('declareVirtualFunctions', 'controller', controllerId, use)
  requirePrimary(controller)
  const tenant = before?.tenant ?? caller.tenant
  const row = {
    controllerId,
    request,
    virtualFunctions: await declaredVfs(
      { ...context, caller: { ...caller, tenant } },
      controller,
      request
    ),
    actor: caller.actor,
    tenant,
    at,
  }
  return [
    { write: 'putVirtualFunctionPolicy', row },
    ...triedAnew(context, controller),
    policyEvent(context, controller, row),
  ]
}

/** @throws ControlPlaneError invalid, insufficient-resources, guard, host-away */
async function declaredVfs(
  context: RequestContext,
  controller: ControllerRow,
  request: VirtualFunctionPolicy
): Promise<VirtualFunctionPolicyRow['virtualFunctions']> {
  const { namespaceIds = [] } = request
  const nsids = nsidsOf(
    context,
    controller,
    namespaceIds,
    (list, index) => `namespaceIds[${list}][${index}]`
  )
  requireNotPromised(context, controller, nsids.flat(), 'may-go')
  requireEnough(controller, request)
  const primary = expectedController(controller)
  await requireLive(context, controller.hostId, controller.address, (ask) =>
    refuseSilent(ask, { primary })
  )
  const shares = await divideLivePools(context, controller, request)
  return shares.map((share, at) => ({ ...share, nsids: nsids[at] ?? [] }))
}

/** @throws ControlPlaneError invalid */
function requireForm({ count, vq, vi, namespaceIds = [] }: VirtualFunctionPolicy): void {
  requireSharing('vq', vq, count)
  requireSharing('vi', vi, count)
  if (namespaceIds.length > count) {
    throw invalid('namespaceIds', `must not have more lists than there are VFs: ${count}`)
  }
}

function requireSharing(
  field: string,
  { each, weights, minimum, maximum }: PolicySharing,
  count: number
): void {
  const byWeight = weights ?? minimum ?? maximum
  if (each !== undefined && byWeight !== undefined) {
    throw invalid(`${field}.each`, 'has no weights, minimum or maximum beside it')
  }
  if (weights !== undefined && weights.length !== count) {
    throw invalid(`${field}.weights`, `must have one for each VF: ${count}`)
  }
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    throw invalid(`${field}.minimum`, 'must not be above maximum')
  }
}

/** @throws ControlPlaneError insufficient-resources */
function requireEnough(
  { address, observation }: ControllerRow,
  { count }: VirtualFunctionPolicy
): void {
  const { totalVfs = 0 } = observation.sriov ?? {}
  if (count <= totalVfs) return
  throw new ControlPlaneError(`declaring ${count} virtual functions`, {
    kind: 'insufficient-resources',
    device: address,
    resource: 'virtual functions',
    requested: count,
    available: totalVfs,
  })
}

/** What was given up is tried again. */
function triedAnew({ store }: RequestContext, { id, hostId }: ControllerRow) {
  const vfs = store.read
    .inventoryOf(hostId)
    .virtualFunctions.filter(({ controllerId }) => controllerId === id)
  return store.read
    .healingOf(hostId)
    .filter(({ functionId }) => vfs.some((vf) => vf.id === functionId))
    .map(({ functionId }) => ({ write: 'deleteHealing' as const, functionId }))
}

/** @throws ControlPlaneError not-found, forbidden */
export function undeclareWrites(
  context: RequestContext,
  controllerId: string
): readonly StoreWrite[] {
  const { read } = context.store
  const controller = found(read.controller(controllerId), 'controller', controllerId)
  const policy = found(
    read.virtualFunctionPolicy(controllerId),
    'virtual function policy of controller',
    controllerId
  )
  requireOwn(context, controller.address, policy.tenant)
  return [
    { write: 'deleteVirtualFunctionPolicy', controllerId },
    policyEvent(context, controller, { ...policy, request: null }),
  ]
}

function policyEvent(
  { caller, at }: RequestContext,
  { id, hostId }: ControllerRow,
  policy: Pick<VirtualFunctionPolicyRow, 'tenant' | 'virtualFunctions'> & {
    readonly request: VirtualFunctionPolicy | null
  }
): StoreWrite {
  const { tenant, request, virtualFunctions } = policy
  const subject = { kind: 'controller', id } as const
  const of = { hostId, subject, actor: caller.actor, tenant, operationId: null, at }
  return request
    ? eventWrite({
        ...of,
        type: 'controller.virtual-functions-declared',
        detail: { request, virtualFunctions },
      })
    : eventWrite({ ...of, type: 'controller.virtual-functions-undeclared', detail: {} })
}
