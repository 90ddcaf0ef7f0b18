/**
 * What has to be done for a host to be as it is desired, in order: VFs by primary and number, then what is assigned.
 * What a reboot or a pulled drive took away always is, for as long as it takes; what somebody changed is by the host's
 * policy, while others are still brought back too. Pure.
 */
import { driftOf, type HostInventory } from '../../inventory/drift/drift.ts'
import type {
  AssignmentRow,
  DriftKind,
  HostRow,
  VirtualFunctionRow,
} from '../../store/rows.ts'

export type Work = {
  readonly functionId: string
  /** Whose line it waits in: of a VF its primary. */
  readonly controllerId: string
  readonly tenant: string
} & (
  | {
      readonly restore: 'virtualFunction'
      readonly row: VirtualFunctionRow
      readonly isServing: boolean
    }
  | {
      readonly restore: 'assignment'
      readonly row: AssignmentRow
      /** Of a controller: it has other namespaces than it went with. */
      readonly movesNamespaces: boolean
    }
)

/** Nothing can be done until somebody has done something about these. */
const HOPELESS: readonly DriftKind[] = [
  'hardware-missing',
  'ambiguous',
  'resources-changed',
]
const NOT_SERVING: readonly DriftKind[] = ['vfs-gone', 'vf-offline', 'resources-lost']
const OF_NAMESPACES: readonly DriftKind[] = [
  'namespace-detached',
  'foreign-namespace-attached',
]
const OF_BINDING: readonly DriftKind[] = ['driver-changed', 'override-changed']

export function isBeingRestored({ settledBootId, bootId }: HostRow): boolean {
  return settledBootId !== bootId
}

export function workOf(host: HostRow, inventory: HostInventory): readonly Work[] {
  const kinds = kindsByFunction(inventory)
  const heals = host.driftPolicy === 'heal'
  const ofVirtualFunctions = inventory.virtualFunctions
    .toSorted(byPrimaryAndNumber)
    .flatMap((row) => {
      const mayHeal = heals || isTaken(row, inventory)
      return workOfVirtualFunction(row, inventory, kinds.of(row.id), mayHeal)
    })
  const busy = new Set(ofVirtualFunctions.map(({ functionId }) => functionId))
  const ofAssignments = inventory.assignments
    .filter(({ functionId }) => !busy.has(functionId))
    .flatMap((row) => {
      const mayHeal = heals || isOfFormerBoot(row, host)
      return workOfAssignment(row, inventory, kinds.of(row.functionId), mayHeal)
    })
  return [...ofVirtualFunctions, ...ofAssignments]
}

function isTaken(
  { controllerId, vfNumber }: VirtualFunctionRow,
  { controllers }: HostInventory
): boolean {
  const primary = controllers.find(({ id }) => id === controllerId)
  return primary?.observation.takenVfs?.includes(vfNumber) ?? false
}

/** An operation had it when its host was started again, so that no scan has made it `restoring` yet. */
function isOfFormerBoot({ before }: AssignmentRow, { bootId }: HostRow): boolean {
  return before !== null && before.identity.pci.bootId !== bootId
}

type Kinds = readonly DriftKind[]

function workOfVirtualFunction(
  row: VirtualFunctionRow,
  { assignments }: HostInventory,
  kinds: Kinds,
  mayHeal: boolean
): readonly Work[] {
  const { provisioned } = row
  const assignment = assignments.find(({ functionId }) => functionId === row.id)
  // Lost, and its drive is here: it is lost to another host, where its consumer was given it.
  if (!provisioned || has(kinds, HOPELESS) || assignment?.state === 'lost') return []
  if (!mayHeal && assignment?.state !== 'restoring') return []
  const isServing = !has(kinds, NOT_SERVING)
  const isOwnBinding = assignment === undefined && has(kinds, OF_BINDING)
  if (isServing && !isOwnBinding && !has(kinds, OF_NAMESPACES)) return []
  const { id: functionId, controllerId } = row
  const { tenant } = provisioned
  return [{ restore: 'virtualFunction', functionId, controllerId, tenant, row, isServing }]
}

function workOfAssignment(
  row: AssignmentRow,
  { virtualFunctions }: HostInventory,
  kinds: Kinds,
  mayHeal: boolean
): readonly Work[] {
  const { state, functionId, tenant } = row
  if (has(kinds, HOPELESS) || has(kinds, NOT_SERVING)) return []
  const vf = virtualFunctions.find(({ id }) => id === functionId)
  const movesNamespaces = !vf && has(kinds, OF_NAMESPACES)
  const isAmiss = movesNamespaces || has(kinds, [...OF_BINDING, 'moved'])
  const isDrifting = state === 'ready' && isAmiss
  if (state !== 'restoring' && !(isDrifting && mayHeal)) return []
  const controllerId = vf?.controllerId ?? functionId
  return [{ restore: 'assignment', functionId, controllerId, tenant, row, movesNamespaces }]
}

/** Functions that are provisioned or assigned and are not as they should be, but for those whose hardware has gone. */
export function functionsAmiss(inventory: HostInventory): ReadonlySet<string> {
  const lost = inventory.assignments.filter(({ state }) => state === 'lost')
  const gone = new Set(lost.map(({ functionId }) => functionId))
  const amiss = driftOf(inventory)
    .filter(({ kind }) => !FOREIGN.includes(kind))
    .map(({ functionId }) => functionId)
  const waiting = inventory.assignments.filter(({ state }) => state === 'restoring')
  const all = [...amiss, ...waiting.map(({ functionId }) => functionId)]
  return new Set(all.filter((id) => !gone.has(id)))
}

const FOREIGN: readonly DriftKind[] = [
  'foreign-vfs',
  'foreign-secondary-online',
  'autoprobe-changed',
]

function kindsByFunction(inventory: HostInventory) {
  const drift = driftOf(inventory)
  return {
    of: (id: string): Kinds =>
      drift.filter(({ functionId }) => functionId === id).map(({ kind }) => kind),
  }
}

function has(kinds: Kinds, any: Kinds): boolean {
  return kinds.some((kind) => any.includes(kind))
}

function byPrimaryAndNumber(a: VirtualFunctionRow, b: VirtualFunctionRow): number {
  if (a.controllerId !== b.controllerId) return a.controllerId < b.controllerId ? -1 : 1
  return a.vfNumber - b.vfNumber
}
