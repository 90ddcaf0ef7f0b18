/** One look at one host: rows and events of what differs, in one transaction. */
import { isoTime, type Clock } from '../clock.ts'
import type { HostDriver } from '../host/driver.ts'
import { HostDriverError } from '../host/driver.ts'
import type { Hosts } from '../host/hosts.ts'
import type { HostFacts, HostObservation } from '../host/observation.ts'
import type { HostRow, ScanDigestRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import { elsewhereThan } from './elsewhere.ts'
import type { InTurn } from './few-at-once.ts'
import { hostIdOf } from './identity.ts'
import { driftEvent, hostEvents } from './inventory-events.ts'
import { reconcile } from './reconcile.ts'
import type { Reconciled } from './reconcile.ts'
import { digestOf, healthOfControllers } from './scan-digest.ts'
import type { InventoryRows } from './scanned-row.ts'
import { rowsAfter } from './settled.ts'
import type { Underway } from './underway.ts'

export type ScanContext = {
  readonly hosts: Hosts
  readonly store: Store
  readonly clock: Clock
  readonly changing: (functionId: string) => string | null
  /** Of this process: two hosts that claim one identity must see each other's rows. */
  readonly underway: Underway
  readonly looking: InTurn
}

/** Never throws for a host that cannot be read: it is `away`, and its row says why. */
export async function scanHost(context: ScanContext, hostId: string): Promise<void> {
  const registered = context.hosts.get(hostId)
  const look: Look =
    registered?.reach === 'reachable'
      ? await context.looking(() => lookAt(hostId, registered.driver))
      : { reach: 'away', why: registered?.why ?? 'it is not in the fleet' }
  if (look.reach === 'away') await recordAway(context, hostId, look.why)
  else await recordScan(context, hostId, look.observation)
}

type Look =
  | { readonly reach: 'reachable'; readonly observation: HostObservation }
  | { readonly reach: 'away'; readonly why: string }

async function lookAt(hostId: string, driver: HostDriver): Promise<Look> {
  try {
    const observation = await driver.scan()
    const { machineId } = observation.host
    if (hostIdOf(machineId) === hostId) return { reach: 'reachable', observation }
    return { reach: 'away', why: `another machine answers: machine-id ${machineId}` }
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
  const digest = digestOf(observation)
  for (;;) {
    // Nothing comes between what was read and the commit that changes it.
    if (context.store.read.scanDigest(hostId) === digest)
      return confirmRows(context, hostId, observation)
    const { before, reconciled, waitFor } = againstStored(context, hostId, observation)
    if (waitFor.length === 0) {
      const standsFor = rowsAfter(hostId, before, reconciled)
      const row = reconciled.isSettled ? { hostId, digest, ...standsFor } : null
      return storeScan(context, hostId, observation, { ...reconciled, digest: row })
    }
    await Promise.all(waitFor)
  }
}

async function confirmRows(
  { store, clock, underway }: ScanContext,
  hostId: string,
  observation: HostObservation
): Promise<void> {
  const { observedAt } = observation
  const health = healthOfControllers(observation)
  const row = hostRow(hostId, observation.host, observedAt)
  const commit = store.commit([
    { write: 'putHost', row },
    { write: 'confirmScan', observedAt, health },
    ...hostEvents(store.read.host(hostId), row, isoTime(clock.nowMs())),
  ])
  underway.confirming(
    health.map(({ controllerId }) => controllerId),
    commit
  )
  await commit
}

type Against = {
  readonly before: InventoryRows
  readonly reconciled: Reconciled
  /** Commits of other hosts after which the answer may be another. */
  readonly waitFor: readonly Promise<void>[]
}

function againstStored(
  { store, changing, underway }: ScanContext,
  hostId: string,
  observation: HostObservation
): Against {
  const before = store.read.inventoryOf(hostId)
  const elsewhere = elsewhereThan(hostId, store, underway)
  const reconciled = reconcile({ hostId, before, observation, changing, elsewhere })
  const ofRivals = before.controllers.flatMap(({ id }) => underway.ofId(id) ?? [])
  return { before, reconciled, waitFor: [...elsewhere.waitFor, ...ofRivals] }
}

async function storeScan(
  { store, clock, underway }: ScanContext,
  hostId: string,
  observation: HostObservation,
  reconciled: Reconciled & { readonly digest: ScanDigestRow | null }
): Promise<void> {
  const { differences, isSettled: _, ...rows } = reconciled
  const row = hostRow(hostId, observation.host, observation.observedAt)
  const at = isoTime(clock.nowMs())
  const commit = store.commit([
    { write: 'putHost', row },
    { write: 'reconcile', ...rows },
    ...hostEvents(store.read.host(hostId), row, at),
    ...differences.map((difference) => driftEvent(hostId, difference, at)),
  ])
  underway.storing(reconciled, commit)
  await commit
}

function hostRow(id: string, facts: HostFacts, observedAt: string): HostRow {
  return { id, ...facts, reach: 'reachable', why: null, observedAt }
}
