/** The namespaces that a request asks for, by nsid: they exist, once, and nobody else was promised them. */
import type { Refusal } from '../../errors.ts'
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import type { ControllerRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { chosenBy } from '../assign-params.ts'
import { refused } from '../define-workflow.ts'
import { openOperations } from '../open-operations.ts'
import { wantedBy } from '../provision-params.ts'
import type { ProvisionRequest } from '../workflows.ts'
import { invalid, type RequestContext } from './prepared.ts'

/**
 * One list for each virtual function of the request.
 *
 * @throws ControlPlaneError invalid, guard
 */
export function namespacesOf(
  context: RequestContext,
  controller: ControllerRow,
  { virtualFunctions }: ProvisionRequest
): readonly (readonly number[])[] {
  const lists = virtualFunctions.map(({ namespaceIds }) => namespaceIds)
  const nsids = nsidsOf(
    context,
    controller,
    lists,
    (vf, index) => `virtualFunctions/${vf}/namespaceIds/${index}`
  )
  requireNotPromised(context, controller, nsids.flat())
  return nsids
}

/**
 * Shared with declared/.
 *
 * @param fieldOf where that id of that list stands in the request
 * @throws ControlPlaneError invalid
 */
export function nsidsOf(
  context: RequestContext,
  controller: ControllerRow,
  lists: readonly (readonly string[])[],
  fieldOf: (list: number, index: number) => string
): readonly (readonly number[])[] {
  const seen = new Set<string>()
  return lists.map((ids, list) =>
    ids.map((id, index) => {
      const field = fieldOf(list, index)
      if (seen.has(id)) throw invalid(field, 'is asked for twice')
      seen.add(id)
      return nsidOf(context, controller, id, field)
    })
  )
}

/**
 * @param own whether it counts what VFs of this controller have, and are to have
 * @throws ControlPlaneError guard
 */
export function requireNotPromised(
  context: RequestContext,
  controller: ControllerRow,
  nsids: readonly number[],
  own: 'counts' | 'may-go' = 'counts'
): void {
  const promised = promisedOf(context, controller, own)
  const refusals = nsids.flatMap((nsid) => refusePromised(promised, controller, nsid))
  if (refusals.length > 0) throw refused('looking at namespaces', refusals)
}

function nsidOf(
  { store }: RequestContext,
  controller: ControllerRow,
  id: string,
  field: string
): number {
  const row = store.read.namespace(id)
  const isThere =
    row?.present === true &&
    row.hostId === controller.hostId &&
    isOfSubsystem(controller, row.observation)
  if (!isThere) throw invalid(field, 'is no namespace of the subsystem of this controller')
  return row.observation.nsid
}

type Pledge = { readonly nsid: number; readonly to: string }

/** What VFs of the subsystem are to have, whether or not they have it now: provisioned, being so, and declared ones. */
function promisedOf(
  { store }: RequestContext,
  controller: ControllerRow,
  own: 'counts' | 'may-go'
): readonly Pledge[] {
  const { controllers, virtualFunctions } = store.read.inventoryOf(controller.hostId)
  const owners = controllers
    .filter((row) => isOfSubsystem(controller, row))
    .map(({ id }) => id)
    .filter((id) => own === 'counts' || id !== controller.id)
  const provisioned = virtualFunctions
    .filter((vf) => owners.includes(vf.controllerId))
    .flatMap((vf) =>
      (vf.provisioned?.nsids ?? []).map((nsid) => ({
        nsid,
        to: `virtual function ${vf.id}`,
      }))
    )
  const coming = openOperations(store).flatMap((operation) =>
    wantedBy(operation, owners).flatMap(({ nsids }) =>
      nsids.map((nsid) => ({ nsid, to: `operation ${operation.id}` }))
    )
  )
  return [
    ...provisioned,
    ...coming,
    ...givenWithControllers(store, owners),
    ...declaredElsewhere(store, controller, owners),
  ]
}

/** With whole controllers: also what was not cleaned yet, and what an operation that has begun will give. */
function givenWithControllers(
  { read }: Store,
  owners: readonly string[]
): readonly Pledge[] {
  const standing = owners.flatMap((id) => read.standingAssignment(id) ?? [])
  return standing.flatMap(({ id, before, operationId }) => {
    const record = read.operation(null, operationId)
    const given = before?.attachments?.given ?? (record ? chosenBy(record) : [])
    return given.map((nsid) => ({ nsid, to: `assignment ${id}` }))
  })
}

/** Of its own policy they are for its own VFs. */
function declaredElsewhere(
  { read }: Store,
  { id, hostId }: ControllerRow,
  owners: readonly string[]
): readonly Pledge[] {
  return read
    .virtualFunctionPoliciesOf(hostId)
    .filter(({ controllerId }) => controllerId !== id && owners.includes(controllerId))
    .flatMap(({ controllerId, virtualFunctions }) =>
      virtualFunctions
        .flatMap(({ nsids }) => nsids)
        .map((nsid) => ({
          nsid,
          to: `what is declared of the virtual functions of controller ${controllerId}`,
        }))
    )
}

function refusePromised(
  promised: readonly Pledge[],
  { address }: ControllerRow,
  nsid: number
): readonly Refusal[] {
  return promised
    .filter((pledge) => pledge.nsid === nsid)
    .map(({ to }) => ({
      check: 'namespace-promised',
      device: `${address} namespace ${nsid}`,
      reason: `namespace ${nsid} belongs to ${to}`,
      remedy:
        'Retire or undeclare that virtual function, release that assignment, or ask for another namespace.',
    }))
}
