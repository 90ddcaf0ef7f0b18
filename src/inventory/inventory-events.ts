/** What scans tell: nvirt itself saw it, so the actor is the system and no operation stands behind it. */
import { SYSTEM } from '../access/caller.ts'
import { eventWrite } from '../events/events.ts'
import type { SeenHostRow } from '../store/rows.ts'
import type { StoreWrite } from '../store/store.ts'
import { changesOf, type Difference } from './difference.ts'

export function changeEvent(
  hostId: string,
  difference: Difference,
  at: string
): StoreWrite {
  return eventWrite({ ...difference, hostId, ...BY_SYSTEM, at })
}

const BY_SYSTEM = { actor: SYSTEM.actor, tenant: SYSTEM.tenant, operationId: null } as const

/** At most one of: appeared, away (once, why ever it still is), returned; and whether it was rebooted or has changed. */
export function hostEvents(
  before: SeenHostRow | undefined,
  after: SeenHostRow,
  at: string
): readonly StoreWrite[] {
  const tell = (type: HostEventType, detail: Readonly<Record<string, unknown>>) =>
    eventWrite({
      type,
      hostId: after.id,
      subject: { kind: 'host', id: after.id },
      detail,
      ...BY_SYSTEM,
      at,
    })
  if (!before) return [tell('host.appeared', { hostname: after.hostname })]
  if (after.reach === 'away')
    return before.reach === 'away' ? [] : [tell('host.away', { why: after.why })]
  const changes = changesOf(attributesOf(before), attributesOf(after))
  return [
    ...(before.reach === 'away' ? [tell('host.returned', {})] : []),
    ...(before.bootId === after.bootId
      ? []
      : [tell('host.rebooted', { bootIdBefore: before.bootId, bootId: after.bootId })]),
    ...(changes ? [tell('host.changed', { changes })] : []),
  ]
}

type HostEventType =
  'host.appeared' | 'host.away' | 'host.returned' | 'host.rebooted' | 'host.changed'

function attributesOf(row: SeenHostRow) {
  const { hostname, kernelRelease, onlineCpus, iommu } = row
  return { hostname, kernelRelease, onlineCpus, iommu }
}
