/** Tells of operations in the very transactions that create, block and end them, whichever workflow they run. */
import type { Store, StoreWrite } from '../store/store.ts'
import type { EventDetail, EventType } from './catalogue.ts'
import { eventWrite } from './events.ts'

/** The same store, whose commits also append the events of the operations that they change. */
export function tellingOfOperations(store: Store): Store {
  return {
    ...store,
    // Async, since what is read may fail: whoever commits waits for an answer, and catches nothing before it.
    commit: async (writes) =>
      store.commit(writes.flatMap((write) => [write, ...eventsOf(store, write)])),
  }
}

type LogEntry = Extract<StoreWrite, { write: 'logOperation' }>['entry']
type OperationRecord = NonNullable<ReturnType<Store['read']['operation']>>

type Told = Extract<EventType, `operation.${string}`>

/** Passing states (waiting, running, undoing) are in the operation, not in the log of events. */
const TOLD = {
  blocked: 'operation.blocked',
  succeeded: 'operation.succeeded',
  undone: 'operation.undone',
  stuck: 'operation.stuck',
} as const satisfies Record<string, Told>

function eventsOf(store: Store, write: StoreWrite): readonly StoreWrite[] {
  if (write.write === 'createOperation') {
    const { operation } = write
    const { workflow, createdAt } = operation
    return [tell(operation, 'operation.created', { workflow }, createdAt)]
  }
  if (write.write !== 'logOperation') return []
  const { operationId, state, at, error = null, blocked = null } = write.entry
  const asked = write.entry.cancelRequest ?? write.entry.retry
  if (!asked && (state === undefined || !isTold(state))) return []
  const operation = store.read.operation(null, operationId)
  if (operation === undefined) return []
  const { workflow } = operation
  if (asked) return [tellAsked({ ...operation, actor: asked.actor }, write.entry)]
  if (state === undefined || !isTold(state)) return []
  const detail = state === 'blocked' ? { workflow, blocked } : { workflow, error }
  return [tell(operation, TOLD[state], state === 'succeeded' ? { workflow } : detail, at)]
}

/** What somebody wants of the operation: the event is by whoever asks. */
function tellAsked(
  operation: OperationRecord,
  { cancelRequest, at }: LogEntry
): StoreWrite {
  const { workflow, error } = operation
  return cancelRequest
    ? tell(operation, 'operation.cancel-requested', { workflow }, at)
    : tell(operation, 'operation.retried', { workflow, error }, at)
}

function isTold(state: string): state is keyof typeof TOLD {
  return Object.hasOwn(TOLD, state)
}

function tell(
  operation: { readonly id: string; readonly actor: string; readonly tenant: string },
  type: Told,
  detail: EventDetail<Told>,
  at: string
): StoreWrite {
  const { id, actor, tenant } = operation
  const subject = { kind: 'operation', id } as const
  return eventWrite({
    type,
    at,
    hostId: null,
    subject,
    actor,
    tenant,
    operationId: id,
    detail,
  })
}
