/**
 * The namespaces of a host after a scan. One has gone when those of its subsystem were listed and it was not among them,
 * or when no controller of its subsystem is there any more; while a guest has the only one, or the drive could not be
 * asked to the end, nothing is known to have changed.
 */
import type { NamespaceObservation } from '../host/observation.ts'
import type { NamespaceRow } from '../store/rows.ts'
import { attachmentsInHand } from './attachments-in-hand.ts'
import { changedRows } from './changed-rows.ts'
import {
  changesOf,
  factsOfNamespace,
  type Difference,
  type InventoryEventType,
} from './difference.ts'
import { namespaceIdOf, namespacePlace, rivalIdOf } from './identity.ts'
import type { Scan } from './reconcile.ts'
import { isOfSubsystem } from './same-subsystem.ts'
import type { SeenControllerRow } from './scanned-row.ts'

export function reconcileNamespaces(scan: Scan, controllers: readonly SeenControllerRow[]) {
  const there = rowsOfSeen(scan)
  const ids = new Set(there.map((row) => row.id))
  const gone = scan.before.namespaces
    .filter((row) => !ids.has(row.id) && row.present && hasGone(scan, controllers, row))
    .map((row) => ({ ...row, present: false }))
  const changed = changedRows(scan.before.namespaces, [...there, ...gone])
  return {
    seen: there,
    changed,
    differences: changed.flatMap((row) => differenceOf(scan, controllers, row)),
  }
}

function rowsOfSeen(scan: Scan): readonly NamespaceRow[] {
  const taken = new Set<string>()
  return scan.observation.namespaces.map((observation) => {
    const id = freeId(scan, observation, taken)
    taken.add(id)
    const { observedAt } = scan.observation
    return { id, hostId: scan.hostId, present: true, observation, observedAt }
  })
}

/** Two namespaces never share a row: drives with one identifier twice exist, and a drive with two ports is seen by two hosts. */
function freeId(
  scan: Scan,
  observation: NamespaceObservation,
  taken: ReadonlySet<string>
): string {
  const id = namespaceIdOf(observation)
  const place = namespacePlace(observation).join('\0')
  const isTaken = taken.has(id) || scan.elsewhere.hasNamespace(id)
  return isTaken ? rivalIdOf(id, scan.hostId, place) : id
}

function hasGone(
  scan: Scan,
  controllers: readonly SeenControllerRow[],
  row: NamespaceRow
): boolean {
  const isListed = scan.observation.listed.some((subsystem) =>
    isOfSubsystem(subsystem, row.observation)
  )
  return isListed || !isDriveThere(controllers, row)
}

function isDriveThere(
  controllers: readonly SeenControllerRow[],
  { observation }: NamespaceRow
): boolean {
  return controllers.some(
    (controller) => controller.present && isOfSubsystem(controller, observation)
  )
}

/** What an operation does to a drive is no news; that it went, or came, with all that it has is. */
function isByOperation(
  scan: Scan,
  controllers: readonly SeenControllerRow[],
  row: NamespaceRow,
  was: NamespaceRow | undefined
): boolean {
  const ofDrive = controllers.filter((one) => isOfSubsystem(one, row.observation))
  return (
    ofDrive.some(({ id }) => scan.inHand(id) !== 'nothing') &&
    isDriveThere(controllers, row) &&
    isDriveThere(scan.before.controllers, row) &&
    movedOf(row, was).every(attachmentsInHand(scan, ofDrive))
  )
}

/** cntlids whose attachment came or went, of a namespace that did itself all. */
function movedOf(row: NamespaceRow, was: NamespaceRow | undefined): readonly number[] {
  const { attachedTo } = row.observation
  if (!row.present || !was?.present) return attachedTo
  const before = was.observation.attachedTo
  return [
    ...attachedTo.filter((cntlid) => !before.includes(cntlid)),
    ...before.filter((cntlid) => !attachedTo.includes(cntlid)),
  ]
}

function differenceOf(
  scan: Scan,
  controllers: readonly SeenControllerRow[],
  row: NamespaceRow
): readonly Difference[] {
  const was = scan.before.namespaces.find((known) => known.id === row.id)
  if (isByOperation(scan, controllers, row, was)) return []
  const facts = factsOfNamespace(row)
  const tell = (type: InventoryEventType, detail: Difference['detail']) => [
    { type, subject: { kind: 'namespace' as const, id: row.id }, detail },
  ]
  if (row.present && !was?.present) return tell('namespace.appeared', { after: facts })
  if (!row.present) return tell('namespace.gone', { before: facts })
  const changes = was && changesOf(factsOfNamespace(was), facts)
  return changes ? tell('namespace.changed', { changes }) : []
}
