/** From a request for a function to an assignment that is being prepared. */
import { knownReach } from '../../inventory/tenant-safety.ts'
import type { AssignmentRow, ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { useOfController, useOfVirtualFunction } from '../allowed-from.ts'
import { ASSIGN, type AssignParams } from '../assign-params.ts'
import { isOfAnother } from '../group-claims.ts'
import { refuseAssigning } from '../guards/assigning.ts'
import { refuseTakenDown } from '../guards/taking-down.ts'
import type { AssignRequest } from '../workflows.ts'
import { paramsOfController, paramsOfVirtualFunction } from './assign-params-of.ts'
import { withNamespaces } from './direct-request.ts'
import {
  found,
  invalid,
  requireFree,
  requireLive,
  requireOwn,
  requireUse,
  type Prepared,
  type RequestContext,
} from './prepared.ts'

const LONGEST_CONSUMER = 200

/** @throws ControlPlaneError not-found, invalid, conflict, wrong-state, guard, host-away */
export async function prepareAssign(
  context: RequestContext,
  request: AssignRequest
): Promise<Prepared> {
  const { consumer } = request
  if (consumer.trim() === '') throw invalid('consumer', 'must not be empty')
  if (consumer.length > LONGEST_CONSUMER) {
    throw invalid('consumer', `must have at most ${LONGEST_CONSUMER} characters`)
  }
  const assignmentId = context.newId()
  const params = await paramsOf(context, request, assignmentId)
  const claimant = { consumer, tenant: context.caller.tenant }
  const { hostId } = params
  const isOthers = isOfAnother(context.store, { hostId, claimant, requested: 'count' })
  await requireLive(context, hostId, params.fn, (ask) =>
    refuseAssigning(ask, context.store, params, isOthers)
  )
  return {
    workflow: ASSIGN,
    params,
    writes: (operationId) => [
      {
        write: 'putAssignment',
        row: assignmentRow(context, params, consumer, operationId),
      },
    ],
  }
}

/** The controller whose requests wait for each other: of a VF its primary. */
export function controllerOfRequest({ read }: Store, request: AssignRequest): string {
  const { virtualFunctionId, controllerId } = request
  if ((virtualFunctionId === undefined) === (controllerId === undefined)) {
    throw invalid(
      'virtualFunctionId',
      'give exactly one of virtualFunctionId, controllerId'
    )
  }
  if (controllerId !== undefined) return controllerId
  const id = virtualFunctionId ?? ''
  return found(read.virtualFunction(id), 'virtual function', id).controllerId
}

async function paramsOf(
  context: RequestContext,
  request: AssignRequest,
  assignmentId: string
): Promise<AssignParams> {
  const { read } = context.store
  const controllerId = controllerOfRequest(context.store, request)
  const controller = found(read.controller(controllerId), 'controller', controllerId)
  const { virtualFunctionId, accept = [] } = request
  if (virtualFunctionId === undefined) {
    return {
      ...(await ofController(context, controller, assignmentId, request.namespaceIds)),
      accept: [...accept],
    }
  }
  if (request.namespaceIds) {
    throw invalid('namespaceIds', 'only with controllerId: a VF has those of its own')
  }
  const vf = found(
    read.virtualFunction(virtualFunctionId),
    'virtual function',
    virtualFunctionId
  )
  const reach = knownReach(controller, vf.vfNumber)
  return {
    ...ofVirtualFunction(context, controller, vf, assignmentId),
    accept: [...accept],
    reach: reach && [...reach],
  }
}

async function ofController(
  context: RequestContext,
  row: ControllerRow,
  assignmentId: string,
  namespaceIds: readonly string[] | undefined
): Promise<AssignParams> {
  const { store } = context
  requireFree(context, row.id, row.address, 'exclusive')
  const params = paramsOfController(store, row, assignmentId)
  const use = useOfController(store, row)
  // Whose VFs they are says more than that there are some.
  if (use === 'divided') {
    await requireLive(context, row.hostId, row.address, (ask) =>
      refuseTakenDown(ask, store, params)
    )
  }
  requireUse(context, 'assignController', 'controller', row.id, use)
  return namespaceIds ? withNamespaces(context, row, params, namespaceIds) : params
}

function ofVirtualFunction(
  context: RequestContext,
  primary: ControllerRow,
  row: VirtualFunctionRow,
  assignmentId: string
): AssignParams {
  const device = row.address ?? `VF ${row.vfNumber} of ${primary.address}`
  if (row.provisioned) requireOwn(context, device, row.provisioned.tenant)
  requireFree(context, row.id, device, 'exclusive')
  requireFree(context, primary.id, primary.address, 'shared')
  const use = useOfVirtualFunction(context.store, row)
  requireUse(context, 'assignVirtualFunction', 'virtual function', row.id, use)
  return paramsOfVirtualFunction(primary, row, assignmentId)
}

function assignmentRow(
  { caller, at }: RequestContext,
  { assignmentId, hostId, functionId, vf }: AssignParams,
  consumer: string,
  operationId: string
): AssignmentRow {
  return {
    id: assignmentId,
    hostId,
    functionKind: vf ? 'virtualFunction' : 'controller',
    functionId,
    state: 'requested',
    consumer,
    actor: caller.actor,
    tenant: caller.tenant,
    operationId,
    before: null,
    handOver: null,
    quarantine: null,
    createdAt: at,
    updatedAt: at,
  }
}
