/** From work to an operation that does it: its parameters, by what the last scan saw. */
import type { HostInventory } from '../../inventory/drift/drift.ts'
import type { HealingRow } from '../../store/rows.ts'
import { prepareDeclared, type DeclaredWork } from '../declared/declared-work.ts'
import { expectedController } from '../guards/identity.ts'
import { groupsOf } from '../requests/provision-request.ts'
import {
  exactly,
  paramsOfController,
  paramsOfVirtualFunction,
  throughSpokesman,
} from '../requests/assign-params-of.ts'
import { found, type Prepared, type RequestContext } from '../requests/prepared.ts'
import { RESTORE_ASSIGNMENT } from '../restore-assignment.ts'
import {
  RESTORE_VIRTUAL_FUNCTION,
  type RestoreParams,
} from '../restore-virtual-function.ts'
import type { AssignParams } from '../assign-params.ts'
import { attemptsOf } from './attempts.ts'
import type { Work } from './work-of.ts'

export const RESTORING: readonly string[] = [RESTORE_VIRTUAL_FUNCTION, RESTORE_ASSIGNMENT]

/** The attempt is counted in the transaction that begins it. */
export function prepareWork(
  context: RequestContext,
  work: Work | DeclaredWork,
  inventory: HostInventory,
  tried: HealingRow | undefined
): Prepared {
  const { functionId, row } = work
  const counted = (operationId: string): HealingRow => ({
    functionId,
    hostId: row.hostId,
    attempts: attemptsOf(context.store, work, tried),
    lastAttemptAt: context.at,
    operationId,
  })
  const writes = (id: string) => [{ write: 'putHealing' as const, row: counted(id) }]
  if ('divide' in work) return { ...prepareDeclared(context, work), writes }
  return work.restore === 'virtualFunction'
    ? {
        workflow: RESTORE_VIRTUAL_FUNCTION,
        params: paramsOf(context, work, inventory),
        writes,
      }
    : {
        workflow: RESTORE_ASSIGNMENT,
        params: paramsOfAssigned(context, work, inventory),
        writes,
      }
}

/** One that is assigned is its consumer's: the host's driver would show what is on it to the host. */
function paramsOf(
  { store }: RequestContext,
  work: Extract<Work, { restore: 'virtualFunction' }>,
  { assignments }: HostInventory
): RestoreParams {
  const { row, controllerId, isServing } = work
  const primary = found(store.read.controller(controllerId), 'controller', controllerId)
  const { provisioned } = row
  if (!provisioned) throw new Error(`VF ${row.id} is not provisioned`)
  const { vfNumber, cntlid } = row
  const { vq, vi, nsids, fetchedTo } = provisioned
  const isAssigned = assignments.some(({ functionId }) => functionId === row.id)
  const driver = isAssigned ? 'none' : provisioned.driver
  return {
    hostId: row.hostId,
    subject: { kind: 'virtualFunction', id: row.id },
    holds: { exclusive: [row.id], shared: [controllerId] },
    controllerId,
    primary: expectedController(primary),
    totalVfs: primary.observation.sriov?.totalVfs ?? 0,
    groups: driver === 'nvme' ? groupsOf(primary, [row]) : [],
    virtualFunctions: [
      {
        id: row.id,
        vfNumber,
        cntlid,
        vq,
        vi,
        nsids: [...nsids],
        ...(fetchedTo !== undefined && { fetchedTo }),
      },
    ],
    driver,
    isServing,
  }
}

function paramsOfAssigned(
  { store }: RequestContext,
  { row, controllerId, movesNamespaces }: Extract<Work, { restore: 'assignment' }>,
  { virtualFunctions }: HostInventory
): AssignParams {
  const controller = found(store.read.controller(controllerId), 'controller', controllerId)
  const vf = virtualFunctions.find(({ id }) => id === row.functionId)
  if (vf) return paramsOfVirtualFunction(controller, vf, row.id)
  const params = paramsOfController(store, controller, row.id)
  const given = row.before?.attachments?.given
  if (!given) return params
  const chosen = exactly(store, controller, params, given)
  return movesNamespaces ? throughSpokesman(store, controller, chosen) : chosen
}
