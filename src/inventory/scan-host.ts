/** One look at one host: rows and events of what differs, in one transaction. */
import { isoTime, type Clock } from '../clock.ts'
import type { HostDriver } from '../host/driver.ts'
import { HostDriverError } from '../host/driver.ts'
import type { Hosts } from '../host/hosts.ts'
import type { HostFacts, HostObservation } from '../host/observation.ts'
import type { HostRow } from '../store/rows.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import { elsewhereThan } from './elsewhere.ts'
import { hostIdOf } from './identity.ts'
import type { InTurn } from './in-turn.ts'
import { driftEvent, hostEvents } from './inventory-events.ts'
import { reconcile } from './reconcile.ts'

export type ScanContext = {
  readonly hosts: Hosts
  readonly store: Store
  readonly clock: Clock
  readonly changing: (functionId: string) => string | null
  /**
   * Hosts are looked at side by side, but what they show becomes rows one host at a time: two that claim one identity
   * must see each other's. Within this process.
   */
  readonly inTurn: InTurn
}

/** Never throws for a host that cannot be read: it is `away`, and its row says why. */
export async function scanHost(context: ScanContext, hostId: string): Promise<void> {
  const registered = context.hosts.get(hostId)
  const look: Look =
    registered?.reach === 'reachable'
      ? await lookAt(hostId, registered.driver)
      : { reach: 'away', why: registered?.why ?? 'it is not in the fleet' }
  if (look.reach === 'away') await recordAway(context, hostId, look.why)
  else await context.inTurn(() => recordScan(context, hostId, look.observation))
}

type Look =
  | { readonly reach: 'reachable'; readonly observation: HostObservation }
  | { readonly reach: 'away'; readonly why: string }

async function lookAt(hostId: string, driver: HostDriver): Promise<Look> {
  try {
    const facts = await driver.facts()
    if (hostIdOf(facts.machineId) !== hostId) {
      return {
        reach: 'away',
        why: `another machine answers: machine-id ${facts.machineId}`,
      }
    }
    return { reach: 'reachable', observation: await driver.scan() }
  } catch (error) {
    if (!(error instanceof HostDriverError)) throw error
    return { reach: 'away', why: error.message }
  }
}

async function recordAway(
  { store, clock }: ScanContext,
  hostId: string,
  why: string
): Promise<void> {
  const before = store.read.host(hostId)
  if (!before || (before.reach === 'away' && before.why === why)) return
  const row: HostRow = { ...before, reach: 'away', why }
  const at = isoTime(clock.nowMs())
  await store.commit([{ write: 'putHost', row }, ...hostEvents(before, row, at)])
}

async function recordScan(
  context: ScanContext,
  hostId: string,
  observation: HostObservation
): Promise<void> {
  const { store, clock, changing } = context
  const hostBefore = store.read.host(hostId)
  const row = hostRow(hostId, observation.host, observation.observedAt)
  const { differences, ...rows } = reconcile({
    hostId,
    before: store.read.inventoryOf(hostId),
    observation,
    changing,
    elsewhere: elsewhereThan(hostId, store),
  })
  const at = isoTime(clock.nowMs())
  const writes: readonly StoreWrite[] = [
    { write: 'putHost', row },
    { write: 'reconcile', ...rows },
    ...hostEvents(hostBefore, row, at),
    ...differences.map((difference) => driftEvent(hostId, difference, at)),
  ]
  await store.commit(writes)
}

function hostRow(id: string, facts: HostFacts, observedAt: string): HostRow {
  return { id, ...facts, reach: 'reachable', why: null, observedAt }
}
