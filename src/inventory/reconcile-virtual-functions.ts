/**
 * The VFs of a host after a scan: one row for each entry of a primary's secondary list, whether or not VFs are enabled.
 * What a primary that cannot be asked last said about its secondaries stays.
 */
import type { FunctionObservation } from '../host/observation.ts'
import type { SecondaryController } from '../nvme/secondary-controller.ts'
import type { VirtualFunctionRow } from '../store/rows.ts'
import { changedRows } from './changed-rows.ts'
import {
  changesOf,
  factsOfVirtualFunction,
  withoutOperations,
  type Difference,
  type InventoryEventType,
} from './difference.ts'
import { UNKNOWN_CNTLID, virtualFunctionIdOf } from './identity.ts'
import { keepWhileBlocked } from './keep-known.ts'
import type { MatchedController } from './match-controllers.ts'
import type { Scan } from './reconcile.ts'
import {
  seenVirtualFunction,
  type SeenControllerRow,
  type SeenVirtualFunctionRow,
} from './scanned-row.ts'

export function reconcileVirtualFunctions(
  scan: Scan,
  matched: readonly MatchedController[],
  controllers: readonly SeenControllerRow[]
) {
  const there = matched.flatMap((primary) => rowsOf(scan, primary))
  const newPrimaries = new Set(matched.flatMap(({ id, row }) => (row ? [] : [id])))
  const gone = controllers
    .filter((row) => !row.present)
    .flatMap((row) => knownOf(scan, row.id))
    .map((row) => ({ ...seenVirtualFunction(row), address: null, observation: null }))
  const changed = changedRows(scan.before.virtualFunctions, [...there, ...gone])
  return {
    changed,
    // A controller that appears tells of its VFs itself: it may have hundreds.
    differences: changed
      .filter((row) => !newPrimaries.has(row.controllerId))
      .flatMap((row) => differenceOf(scan, row)),
  }
}

function knownOf(scan: Scan, controllerId: string): readonly VirtualFunctionRow[] {
  return scan.before.virtualFunctions.filter((row) => row.controllerId === controllerId)
}

function rowsOf(scan: Scan, primary: MatchedController): readonly SeenVirtualFunctionRow[] {
  const known = new Map(knownOf(scan, primary.id).map((row) => [row.vfNumber, row]))
  const listed = listedBy(primary.seen)
  const numbers = new Set([...(listed?.keys() ?? []), ...known.keys()])
  const seen = seenOf(scan, primary)
  // A primary that never told its secondaries still says how many VFs it can have.
  const total = numbers.size === 0 ? (primary.seen.sriov?.totalVfs ?? 0) : 0
  for (let number = 1; number <= total; number++) numbers.add(number)
  return [...numbers]
    .toSorted((a, b) => a - b)
    .map((vfNumber) =>
      rowOf(scan, primary.id, {
        vfNumber,
        known: known.get(vfNumber),
        listed: listed?.get(vfNumber),
        seen: seen.get(vfNumber),
      })
    )
}

/** Functions of enabled VFs, by VF number. */
function seenOf(
  { observation }: Scan,
  primary: MatchedController
): ReadonlyMap<number, FunctionObservation> {
  const own = observation.functions.flatMap((one) =>
    one.vf?.pf === primary.seen.address ? [[one.vf.vfNumber, one] as const] : []
  )
  return new Map(own)
}

/** By VF number; undefined when the primary could not be asked. */
function listedBy(
  primary: FunctionObservation
): ReadonlyMap<number, SecondaryController> | undefined {
  const { controller } = primary
  if (controller === null || controller.primary === null) return undefined
  const ofVfs = controller.secondaries.filter((entry) => entry.vfNumber > 0)
  return new Map(ofVfs.map((entry) => [entry.vfNumber, entry]))
}

type Found = {
  readonly vfNumber: number
  readonly known: VirtualFunctionRow | undefined
  readonly listed: SecondaryController | undefined
  readonly seen: FunctionObservation | undefined
}

function rowOf(
  scan: Scan,
  primaryId: string,
  { vfNumber, known, listed, seen }: Found
): SeenVirtualFunctionRow {
  return {
    id: known?.id ?? virtualFunctionIdOf(primaryId, vfNumber),
    hostId: scan.hostId,
    controllerId: primaryId,
    vfNumber,
    cntlid: listed?.cntlid ?? known?.cntlid ?? UNKNOWN_CNTLID,
    address: seen?.address ?? null,
    secondaryState: listed?.state ?? known?.secondaryState ?? 'offline',
    vq: listed?.held.vq ?? known?.vq ?? 0,
    vi: listed?.held.vi ?? known?.vi ?? 0,
    observation: seen ? keepWhileBlocked(seen, known?.observation) : null,
    observedAt: known && !listed ? known.observedAt : scan.observation.observedAt,
  }
}

function differenceOf(scan: Scan, row: SeenVirtualFunctionRow): readonly Difference[] {
  const was = scan.before.virtualFunctions.find((known) => known.id === row.id)
  if (isByOperation(scan, row, was)) return []
  const facts = factsOfVirtualFunction(row)
  const tell = (type: InventoryEventType, detail: Difference['detail']) => [
    { type, subject: { kind: 'virtualFunction' as const, id: row.id }, detail },
  ]
  if (!was) return tell('virtual-function.appeared', { after: facts })
  const found = changesOf(factsOfVirtualFunction(was), facts)
  // They share their primary's lane.
  const changes = found && withoutOperations(found, scan.inHand(row.controllerId))
  return changes ? tell('virtual-function.changed', { changes }) : []
}

/** Of VFs that no operation decides about one changes only whether they are enabled: of all at once, by their primary. */
function isByOperation(
  { inHand }: Scan,
  row: SeenVirtualFunctionRow,
  was: VirtualFunctionRow | undefined
): boolean {
  const ofPrimary = inHand(row.controllerId)
  if (inHand(row.id) === 'all' || ofPrimary === 'all') return true
  const isEnabling = was !== undefined && (was.address === null) !== (row.address === null)
  return ofPrimary === 'vfs' && isEnabling
}
