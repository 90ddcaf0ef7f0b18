/** One look at one host: rows and events of what differs, in one transaction. */
import { isoTime, type Clock } from '../clock.ts'
import type { HostDriver } from '../host/driver.ts'
import { HostDriverError } from '../host/driver.ts'
import type { Hosts } from '../host/hosts.ts'
import type { HostFacts, HostObservation } from '../host/observation.ts'
import type { ScanDigestRow, SeenHostRow } from '../store/rows.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import { assignmentsFollow } from './assignments-follow.ts'
import type { DriftLedger } from './drift/drift-ledger.ts'
import { afterScan, foundOn } from './drift/drift-of-host.ts'
import { elsewhereThan } from './elsewhere.ts'
import type { InTurn } from './few-at-once.ts'
import { hostIdOf } from './identity.ts'
import type { InHand } from './in-hand.ts'
import { changeEvent, hostEvents } from './inventory-events.ts'
import { reconcile } from './reconcile.ts'
import type { Reconciled } from './reconcile.ts'
import { digestOf, healthOfControllers } from './scan-digest.ts'
import type { InventoryRows } from './scanned-row.ts'
import { rowsAfter } from './settled.ts'
import { takenVfs } from './taken-vfs.ts'
import type { Underway } from './underway.ts'

export type ScanContext = {
  readonly hosts: Hosts
  readonly store: Store
  readonly clock: Clock
  readonly changing: (functionId: string) => string | null
  readonly inHand: (functionId: string) => InHand
  /** Of this process: two hosts that claim one identity must see each other's rows. */
  readonly underway: Underway
  readonly looking: InTurn
  readonly ledger: DriftLedger
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
  const row: SeenHostRow = { ...before, reach: 'away', why }
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
    const ofOthers = context.underway.ofHost(hostId)
    if (ofOthers) {
      await ofOthers
      continue
    }
    // Nothing comes between what was read and the commit that changes it.
    const { read } = context.store
    const isSameBoot = read.host(hostId)?.bootId === observation.host.bootId
    if (isSameBoot && read.scanDigest(hostId) === digest)
      return confirmRows(context, hostId, observation)
    const { before, reconciled, waitFor } = againstStored(context, hostId, observation)
    if (waitFor.length === 0) {
      const standsFor = rowsAfter(hostId, before, reconciled)
      const isSettled = reconciled.isSettled && !isChanging(context, before)
      const row = isSettled ? { hostId, digest, ...standsFor } : null
      return storeScan(context, hostId, observation, before, { ...reconciled, digest: row })
    }
    await Promise.all(waitFor)
  }
}

/** What an operation holds is no drift now, and may be one, with the same observation, once it has ended. */
function isChanging({ changing }: ScanContext, before: InventoryRows): boolean {
  const functions = [...before.controllers, ...before.virtualFunctions]
  return functions.some(({ id }) => changing(id) !== null)
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
  { store, inHand, underway }: ScanContext,
  hostId: string,
  observation: HostObservation
): Against {
  const before = store.read.inventoryOf(hostId)
  const elsewhere = elsewhereThan(hostId, store, underway)
  const isAssigned = assignedIn(store, before)
  const scan = { hostId, before, observation, inHand, elsewhere, isAssigned }
  const reconciled = reconcile(scan)
  const ofRivals = before.controllers.flatMap(({ id }) => underway.ofId(id) ?? [])
  return { before, reconciled, waitFor: [...elsewhere.waitFor, ...ofRivals] }
}

function assignedIn({ read }: Store, { virtualFunctions }: InventoryRows) {
  return (id: string) => {
    const vfs = virtualFunctions.filter(({ controllerId }) => controllerId === id)
    return [{ id }, ...vfs].some((one) => read.standingAssignment(one.id) !== undefined)
  }
}

async function storeScan(
  { store, clock, underway, changing, inHand, ledger }: ScanContext,
  hostId: string,
  observation: HostObservation,
  before: InventoryRows,
  reconciled: Reconciled & { readonly digest: ScanDigestRow | null }
): Promise<void> {
  const { differences, isSettled: _, digest, ...seen } = reconciled
  const row = hostRow(hostId, observation.host, observation.observedAt)
  const at = isoTime(clock.nowMs())
  const after = afterScan(hostId, before, reconciled, store.read)
  const { bootId } = observation.host
  const assignments = assignmentsFollow(store.read.standingAssignmentsOf(hostId), {
    rows: after,
    bootId,
    changing,
    at,
  })
  const drifting = foundOn({ ...after, assignments: assignments.rows }, inHand, at)
  // What is desired, and how it differs, also depends on what other hosts show: there each scan looks.
  const canDrift =
    drifting.drift.length > 0 || assignments.rows.length > 0 || hasDesired(after)
  const known = store.read.host(hostId)
  const isNewBoot = known?.bootId !== bootId
  const taken = takenVfs({
    before,
    after,
    assignments: assignments.rows,
    drift: drifting.drift,
    changing,
    isNewBoot,
    isBeingRestored: known !== undefined && known.settledBootId !== bootId,
  })
  const rows = { ...seen, controllers: replaced(seen.controllers, taken) }
  const commit = store.commit([
    { write: 'putHost', row },
    { write: 'reconcile', ...rows, digest: canDrift ? null : digest },
    ...hostEvents(known, row, at),
    ...(isNewBoot ? attemptsAnew(store, hostId) : []),
    ...assignments.writes,
    ...differences.map((difference) => changeEvent(hostId, difference, at)),
    ...ledger.note(hostId, drifting),
  ])
  const stored = { ...reconciled, ...rows }
  underway.storing(stored, ownersOf(store, stored), commit)
  commit.catch(() => ledger.forget(hostId))
  await commit
}

function replaced<Row extends { readonly id: string }>(
  rows: readonly Row[],
  by: readonly Row[]
): readonly Row[] {
  const ids = new Set(by.map(({ id }) => id))
  return [...rows.filter(({ id }) => !ids.has(id)), ...by]
}

/** Of controllers as they will be, and as they are. */
function ownersOf({ read }: Store, { controllers }: Reconciled): readonly string[] {
  const owners = controllers.flatMap(({ id, hostId }) => [
    hostId,
    read.controller(id)?.hostId ?? hostId,
  ])
  return [...new Set(owners)]
}

function hasDesired({ controllers, virtualFunctions }: InventoryRows): boolean {
  return (
    controllers.some(({ sriovBefore }) => sriovBefore !== null) ||
    virtualFunctions.some(({ provisioned }) => provisioned !== null)
  )
}

/** What failed in a former boot may succeed in this one. */
function attemptsAnew({ read }: Store, hostId: string): readonly StoreWrite[] {
  return read
    .healingOf(hostId)
    .map(({ functionId }) => ({ write: 'deleteHealing', functionId }))
}

function hostRow(id: string, facts: HostFacts, observedAt: string): SeenHostRow {
  return { id, ...facts, reach: 'reachable', why: null, observedAt }
}
