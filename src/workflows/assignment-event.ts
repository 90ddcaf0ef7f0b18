/** Events of an assignment's life, in the transaction of the operation's end. */
import { eventWrite } from '../events/events.ts'
import type { EndContext } from '../saga/workflow.ts'
import type { StoreWrite } from '../store/store.ts'

export function assignmentEvent(
  p: {
    readonly hostId: string
    readonly assignmentId: string
    readonly functionId: string
    readonly fn: string
  },
  end: EndContext,
  type:
    | 'assignment.ready'
    | 'assignment.restored'
    | 'assignment.failed'
    | 'assignment.quarantined'
    | 'assignment.cleaned'
    | 'assignment.released'
    | 'assignment.freed-uncleaned',
  detail: Readonly<Record<string, unknown>>
): StoreWrite {
  return eventWrite({
    type,
    hostId: p.hostId,
    subject: { kind: 'assignment', id: p.assignmentId },
    actor: end.actor,
    tenant: end.tenant,
    operationId: end.operationId,
    detail: { functionId: p.functionId, pciAddress: p.fn, ...detail },
    at: end.at,
  })
}
