/**
 * Would a controller take namespaces with it that it only keeps for another one, which went with chosen ones? Once a consumer
 * has them they could not be put back, and the host would lose what was promised to stay with it.
 */
import type { Refusal } from '../../errors.ts'
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import type { AssignmentRow, AssignmentState } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { AssignParams } from '../assign-params.ts'

/** @param attached nsids that it has now */
export function refuseToBeReturned(
  store: Store,
  p: AssignParams,
  attached: readonly number[]
): readonly Refusal[] {
  if (isWithConsumer(store, p)) return []
  return store.read
    .standingAssignmentsOf(p.hostId)
    .filter((row) => row.id !== p.assignmentId && isRecordedIn(store, p, row))
    .flatMap((row) =>
      toBeReturned(row)
        .filter((nsid) => attached.includes(nsid))
        .map((nsid) => refusal(p, nsid, row))
    )
}

/** What a consumer has, since a former nvirt did not refuse it, is brought back to him all the same. */
export function isWithConsumer({ read }: Store, { assignmentId }: AssignParams): boolean {
  const own = read.assignment(null, assignmentId)
  return own !== undefined && !BEFORE_HAND_OVER.includes(own.state)
}

const BEFORE_HAND_OVER: readonly AssignmentState[] = ['requested', 'preparing']

function isRecordedIn(
  { read }: Store,
  { controller: { controller } }: AssignParams,
  { functionId, before }: AssignmentRow
): boolean {
  const owner = read.controller(functionId)
  if (!owner || !controller || !isOfSubsystem(owner, controller)) return false
  return before?.attachments?.controllers.includes(controller.cntlid) ?? false
}

/** nsids. Where all was put back, what its consumer had until it is cleaned. */
function toBeReturned({ before }: AssignmentRow): readonly number[] {
  if (!before?.attachments) return []
  const { given, found, returned } = before.attachments
  if (!returned) return found.map(({ nsid }) => nsid)
  return before.cleaned ? [] : given
}

function refusal({ fn }: AssignParams, nsid: number, { id }: AssignmentRow): Refusal {
  return {
    check: 'namespace-promised',
    device: `${fn} namespace ${nsid}`,
    reason: `${fn} has namespace ${nsid} only until a release of assignment ${id} puts it back`,
    remedy: `Release assignment ${id} first, or ask with namespaceIds where another controller stays.`,
  }
}
