/** From an assignment's id to an operation that takes its function back. */
import { tenantFilter } from '../../access/tenant-filter.ts'
import type { Refusal } from '../../errors.ts'
import { HostDriverError } from '../../host/driver.ts'
import { isOtherDrive } from '../../inventory/same-function.ts'
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type {
  AssignmentRow,
  AssignmentState,
  ControllerRow,
  VirtualFunctionRow,
} from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { useOfAssignment } from '../allowed-from.ts'
import { asHandedOut, expectedController } from '../guards/identity.ts'
import { refuseHeldGroup } from '../guards/group.ts'
import { asker, type Ask } from '../host-session.ts'
import { howAgain } from '../looked-again.ts'
import type { CleanParams } from '../clean-params.ts'
import { NOT_CLEANED, RELEASE } from '../release-assignment.ts'
import type { ReleaseRequest } from '../workflows.ts'
import {
  asked,
  found,
  invalid,
  requireFree,
  requireLive,
  requireUse,
  type Prepared,
  type RequestContext,
} from './prepared.ts'
import { recordedBefore } from './recorded-before.ts'
import { managesNamespaces, siblingsOf } from './subsystem.ts'

/** Why an assignment is quarantined whose release did not succeed either. */
const ABANDONED = 'the operation that had it ended half-way'

/** @throws ControlPlaneError not-found, conflict, wrong-state, guard, host-away */
export async function prepareRelease(
  context: RequestContext,
  assignmentId: string,
  { acceptUncleaned = false, cleaning }: ReleaseRequest
): Promise<Prepared> {
  const { store, caller, at } = context
  if (acceptUncleaned && cleaning)
    throw invalid('cleaning', 'what is accepted uncleaned is cleaned in no way')
  const row = found(
    store.read.assignment(tenantFilter(caller), assignmentId),
    'assignment',
    assignmentId
  )
  const use = useOfAssignment(store, row)
  const request = acceptUncleaned ? 'releaseUncleaned' : 'release'
  requireUse(context, request, 'assignment', row.id, use)
  const cleaned = paramsOf(context, row, acceptUncleaned)
  requireFree(context, row.functionId, cleaned.fn, 'exclusive')
  if (cleaned.returns) {
    await requireLive(context, row.hostId, cleaned.fn, (ask) => refuseHeld(ask, cleaned.fn))
  }
  const again = acceptUncleaned ? undefined : await lookedAgain(context, cleaned)
  return {
    workflow: RELEASE,
    params: {
      ...cleaned,
      ...(again && { again }),
      // What is in doubt has nobody who would follow it under another nsid.
      ...(cleaning && !again && { cleaning }),
    },
    writes: (operationId) => [
      {
        write: 'updateAssignment',
        id: row.id,
        set: {
          state: 'releasing',
          operationId,
          ...(use === 'abandoned' && { quarantine: row.quarantine ?? ABANDONED }),
        },
        at,
      },
    ],
  }
}

function paramsOf(
  { store }: RequestContext,
  row: AssignmentRow,
  acceptUncleaned: boolean
): CleanParams {
  const before = recordedBefore(store, row)
  const fn = before.identity.address
  const vf = store.read.virtualFunction(row.functionId)
  const { attachments } = before
  const isAway = attachments !== undefined && !attachments.returned
  const isLeft = isAway || vf?.provisioned?.fetchedTo !== undefined
  const wasReturned = row.quarantine === NOT_CLEANED && !isLeft
  const direct = attachments && puttingBack(store, row, before)
  return {
    hostId: row.hostId,
    subject: { kind: 'assignment', id: row.id },
    holds: { exclusive: [row.functionId], shared: stayingFor(store, row, vf) },
    assignmentId: row.id,
    functionId: row.functionId,
    fn,
    group: row.handOver?.iommuGroup ?? null,
    before,
    acceptUncleaned,
    returns: !acceptUncleaned || (row.before !== null && !wasReturned),
    ...cleanedThrough(store, row, before),
    ...(direct && { direct }),
    state: isWithConsumer(row.state) ? row.state : 'quarantined',
  }
}

function lookedAgain({ hosts }: RequestContext, p: CleanParams) {
  return asked(p.fn, () => howAgain(asker(hosts, p.hostId), p))
}

function isWithConsumer(
  state: AssignmentState
): state is Exclude<CleanParams['state'], 'quarantined'> {
  return state === 'ready' || state === 'restoring' || state === 'lost'
}

/** A VF is cleaned through its primary, a controller by itself. */
function cleanedThrough(
  { read }: Store,
  { functionId }: AssignmentRow,
  { identity }: CleanParams['before']
): Pick<CleanParams, 'cntlid' | 'vf'> {
  const row = read.virtualFunction(functionId)
  if (!row) return { cntlid: read.controller(functionId)?.cntlid ?? null, vf: null }
  const { controllerId, cntlid, provisioned } = row
  const primary = found(read.controller(controllerId), 'controller', controllerId)
  return {
    cntlid,
    vf: {
      controllerId,
      primary: asHandedOut(expectedController(primary), identity),
      primaryCntlid: primary.cntlid,
      nsids: [...(provisioned?.nsids ?? [])],
    },
  }
}

/** Who is needed for it, besides the function itself; and whom nobody is to get while something is put back on it. */
function stayingFor(
  store: Store,
  { functionId, before }: AssignmentRow,
  vf: VirtualFunctionRow | undefined
): string[] {
  if (vf) return [vf.controllerId]
  const row = store.read.controller(functionId)
  return row && before?.attachments ? siblingsOf(store, row).map(({ id }) => id) : []
}

/**
 * Whoever answers then: by now others may be in the host's hands than at hand-over. Where a drive that says the same of itself
 * has come for its own, they are of that one.
 */
function puttingBack(
  store: Store,
  { functionId }: AssignmentRow,
  { identity }: CleanParams['before']
): NonNullable<CleanParams['direct']> {
  const row = found(store.read.controller(functionId), 'controller', functionId)
  const siblings = siblingsOf(store, row)
  const those = isReplaced(store, row, identity) ? [] : siblings.filter(managesNamespaces)
  const candidates = [
    ...those.map(expectedController),
    asHandedOut(expectedController(row), identity),
  ]
  return { candidates, controllerId: siblings[0]?.id ?? row.id }
}

function isReplaced(
  { read }: Store,
  row: ControllerRow,
  { pci }: CleanParams['before']['identity']
): boolean {
  if (isOtherDrive(pci, row.observation.pci)) return true
  const { controllers } = read.inventoryOf(row.hostId)
  const isTwin = (other: ControllerRow) =>
    other.present && isOfSubsystem(row, other) && other.cntlid === row.cntlid
  return !row.present && controllers.some(isTwin)
}

/** A function that has gone is held by nobody: releasing it frees the row. */
async function refuseHeld(ask: Ask, fn: PciAddress): Promise<readonly Refusal[]> {
  try {
    return await refuseHeldGroup(ask, fn)
  } catch (error) {
    if (error instanceof HostDriverError && error.failure.kind === 'gone') return []
    throw error
  }
}
