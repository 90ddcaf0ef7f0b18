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
  const seen = new Set<string>()
  const nsids = virtualFunctions.map(({ namespaceIds }, vf) =>
    nsidsOf(context, controller, namespaceIds, `virtualFunctions/${vf}/namespaceIds`, seen)
  )
  requireNotPromised(context, controller, nsids.flat())
  return nsids
}

/**
 * @param field of the request, that has the ids
 * @param seen ids that were asked for before
 * @throws ControlPlaneError invalid
 */
export function nsidsOf(
  context: RequestContext,
  controller: ControllerRow,
  namespaceIds: readonly string[],
  field: string,
  seen = new Set<string>()
): readonly number[] {
  return namespaceIds.map((id, index) => {
    const at = `${field}/${index}`
    if (seen.has(id)) throw invalid(at, 'is asked for twice')
    seen.add(id)
    return nsidOf(context, controller, id, at)
  })
}

/** @throws ControlPlaneError guard */
export function requireNotPromised(
  context: RequestContext,
  controller: ControllerRow,
  nsids: readonly number[]
): void {
  const promised = promisedOf(context, controller)
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

/** What provisioned VFs of the subsystem are to have, whether or not they have it now, and those being provisioned. */
function promisedOf(
  { store }: RequestContext,
  controller: ControllerRow
): readonly Pledge[] {
  const { controllers, virtualFunctions } = store.read.inventoryOf(controller.hostId)
  const owners = controllers
    .filter((row) => isOfSubsystem(controller, row))
    .map(({ id }) => id)
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
  return [...provisioned, ...coming, ...givenWithControllers(store, owners)]
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
        'Retire that virtual function or release that assignment, or ask for another namespace.',
    }))
}
