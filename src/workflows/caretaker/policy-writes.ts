/** What is done about drift on a host, set by an operator. What was given up is tried again. */
import type { Caller } from '../../access/caller.ts'
import { eventWrite } from '../../events/events.ts'
import type { DriftPolicy } from '../../store/rows.ts'
import type { Store, StoreWrite } from '../../store/store.ts'

type Setting = {
  readonly caller: Caller
  readonly hostId: string
  readonly policy: DriftPolicy
  readonly at: string
}

export function policyWrites(
  { read }: Store,
  { caller, hostId, policy, at }: Setting
): readonly StoreWrite[] {
  return [
    { write: 'setDriftPolicy', hostId, policy },
    ...read
      .healingOf(hostId)
      .map(({ functionId }) => ({ write: 'deleteHealing' as const, functionId })),
    eventWrite({
      type: 'host.drift-policy-set',
      hostId,
      subject: { kind: 'host', id: hostId },
      actor: caller.actor,
      tenant: caller.tenant,
      operationId: null,
      detail: { policy },
      at,
    }),
  ]
}
