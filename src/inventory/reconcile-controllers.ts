/** The controllers of a host after a scan: those that were matched, those that have gone, and rivals on other hosts. */
import { changedRows } from './changed-rows.ts'
import {
  changesOf,
  factsOfController,
  withoutOperations,
  type Difference,
  type InventoryEventType,
} from './difference.ts'
import { controllerIdOf, UNKNOWN_CNTLID } from './identity.ts'
import { keepWhileBlocked, lastAnswer } from './keep-known.ts'
import type { MatchedController } from './match-controllers.ts'
import { withReachOfVfs } from './reach-of-vfs.ts'
import type { Scan } from './reconcile.ts'
import { isOfSubsystem } from './same-subsystem.ts'
import { seenController, type SeenControllerRow } from './scanned-row.ts'

export type ReconciledControllers = {
  readonly all: readonly SeenControllerRow[]
  /** Of this host. */
  readonly own: readonly SeenControllerRow[]
  readonly changed: readonly SeenControllerRow[]
  readonly differences: readonly Difference[]
}

export function reconcileControllers(
  scan: Scan,
  matched: readonly MatchedController[]
): ReconciledControllers {
  const there = matched.map((match) => rowOf(scan, match))
  const ids = new Set(there.map((row) => row.id))
  const gone = scan.before.controllers
    .filter((row) => !ids.has(row.id))
    .map((row) => ({ ...seenController(row), present: false }))
  const rivals = matched.flatMap((match) => rivalElsewhere(scan, match))
  const own = [...there, ...gone]
  const changed = changedRows(scan.before.controllers, own)
  return {
    all: [...own, ...rivals],
    own,
    changed: [...changed, ...rivals],
    differences: changed.flatMap((row) => differenceOf(scan, row)),
  }
}

function rowOf(
  scan: Scan,
  { id, seen, row, ambiguous }: MatchedController
): SeenControllerRow {
  const { takenVfs, unboundVfs } = row?.observation ?? {}
  const observation = withReachOfVfs(
    keepWhileBlocked(seen, row?.observation),
    row?.observation,
    scan.observation.functions
  )
  const lastController = lastAnswer(seen.controller, row?.lastController ?? null)
  return {
    id,
    hostId: scan.hostId,
    serial: lastController?.serial ?? '',
    subsystemNqn: lastController?.subsystemNqn ?? '',
    cntlid: lastController?.cntlid ?? UNKNOWN_CNTLID,
    address: seen.address,
    present: true,
    ambiguous,
    observation: {
      ...observation,
      ...(takenVfs && { takenVfs }),
      ...(unboundVfs && { unboundVfs }),
      ...(isUnlisted(scan, seen) && { namespacesUnlisted: true as const }),
    },
    lastController,
    observedAt: row && seen.blocked !== null ? row.observedAt : scan.observation.observedAt,
  }
}

function isUnlisted(
  { observation }: Scan,
  { controller }: MatchedController['seen']
): boolean {
  if (!controller?.capabilities) return false
  return !observation.listed.some((subsystem) => isOfSubsystem(controller, subsystem))
}

/** Who already has the identity on another host is no more to be trusted than who claims it now. */
function rivalElsewhere(
  scan: Scan,
  { id, seen, ambiguous }: MatchedController
): readonly SeenControllerRow[] {
  if (!ambiguous || seen.controller === null) return []
  const holder = scan.elsewhere.holderOf(controllerIdOf(seen.controller))
  if (!holder || holder.id === id || holder.ambiguous) return []
  return [{ ...seenController(holder), ambiguous: true }]
}

function differenceOf(scan: Scan, row: SeenControllerRow): readonly Difference[] {
  const was = scan.before.controllers.find((known) => known.id === row.id)
  const facts = factsOfController(row)
  const tell = (type: InventoryEventType, detail: Difference['detail']) => [
    { type, subject: { kind: 'controller' as const, id: row.id }, detail },
  ]
  if (row.present && !was?.present) return tell('controller.appeared', { after: facts })
  if (!row.present) return was?.present ? tell('controller.gone', { before: facts }) : []
  const found = was && changesOf(factsOfController(was), facts)
  const changes = found && withoutOperations(found, scan.inHand(row.id))
  return changes ? tell('controller.changed', { changes }) : []
}
