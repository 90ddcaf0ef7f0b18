/** Controllers: those that are assigned, and primaries whose VFs somebody made, or changed how they appear. */
import type { AssignmentRow, ControllerRow } from '../../store/rows.ts'
import {
  deviation,
  differencesOfBinding,
  differencesOfPlace,
  isOfConsumer,
} from './binding-drift.ts'
import type { Deviation, HostInventory } from './drift.ts'
import { differencesOfNamespaces } from './namespace-drift.ts'

type Around = {
  readonly host: HostInventory
  readonly assignment: AssignmentRow | undefined
}

export function differencesOfController(
  row: ControllerRow,
  { host, assignment }: Around
): readonly Deviation[] {
  if (!row.present) return isOfConsumer(assignment) ? [MISSING] : []
  if (row.ambiguous) return [AMBIGUOUS]
  return [
    ...differencesOfBinding(row.observation, assignment, null),
    ...differencesOfPlace(row.observation, assignment),
    ...differencesOfGiven(row, host, assignment),
    ...differencesOfVfs(row, host),
  ]
}

export const MISSING = deviation('hardware-missing', { present: true }, { present: false })
export const AMBIGUOUS = deviation('ambiguous', { claimants: 1 }, { claimants: 'several' })

/** Of one that went with whatever was attached to it nobody knows what it is to have. */
function differencesOfGiven(
  row: ControllerRow,
  { namespaces }: HostInventory,
  assignment: AssignmentRow | undefined
): readonly Deviation[] {
  const given = assignment?.before?.attachments?.given
  if (!given || !isOfConsumer(assignment)) return []
  return differencesOfNamespaces(row, row.cntlid, given, namespaces)
}

/** Whoever enabled them: where one is nvirt's, that there are VFs is desired. One of somebody else's that is online says so itself. */
function differencesOfVfs(row: ControllerRow, host: HostInventory): readonly Deviation[] {
  const { sriov } = row.observation
  if (!sriov || sriov.vfCount === 0) return []
  const { vfCount, autoprobe } = sriov
  const isUsed = host.virtualFunctions.some(
    (vf) => vf.controllerId === row.id && vf.provisioned !== null
  )
  if (!isUsed && !isOurs(row))
    return [deviation('foreign-vfs', { vfCount: 0 }, { vfCount })]
  return isUsed && autoprobe
    ? [deviation('autoprobe-changed', { autoprobe: false }, { autoprobe })]
    : []
}

/** Enabled by nvirt, in this boot. Autoprobe was switched off with it. */
function isOurs({ sriovBefore, observation }: ControllerRow): boolean {
  if (sriovBefore?.vfCount !== 0) return false
  const { bootId } = sriovBefore
  return bootId === undefined || bootId === observation.pci.bootId
}
