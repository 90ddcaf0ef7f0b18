/**
 * What keeps a declared VF from being changed now: whoever uses it, or what only somebody else can put right. By what the
 * last scan saw; the operation that changes it asks the machine once more. Pure.
 */
import type { HostInventory } from '../../inventory/drift/drift.ts'
import { REMEDIES } from '../../inventory/drift/remedies.ts'
import { UNKNOWN_CNTLID } from '../../inventory/identity.ts'
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import type { ControllerRow, ProvisionedVf, VirtualFunctionRow } from '../../store/rows.ts'

export type Obstacle = { readonly reason: string; readonly remedy: string }

export type OfController = {
  readonly controller: ControllerRow
  readonly host: HostInventory
  /** Whose the declared VFs are. */
  readonly tenant: string
}

/** Why none of its VFs can be changed. */
export function obstacleOfController({
  controller,
  host,
}: OfController): Obstacle | undefined {
  const { address, present, ambiguous, observation, lastController } = controller
  const assignment = host.assignments.find(({ functionId }) => functionId === controller.id)
  if (!present) {
    return obstacle(`${address} is not there`, REMEDIES['hardware-missing'])
  }
  if (ambiguous) {
    return obstacle(`another drive claims the identity of ${address}`, REMEDIES.ambiguous)
  }
  if (assignment) {
    const reason = `${address} is assigned to ${assignment.consumer} as a whole`
    return obstacle(reason, 'Release it first.')
  }
  const isAnswering = observation.binding?.driver === 'nvme' && lastController?.primary
  if (isAnswering) return undefined
  return obstacle(`nvme does not have ${address}`, `Bind ${address} to nvme.`)
}

/** Why one that is provisioned cannot be retired. */
export function obstacleOfProvisioned(
  row: VirtualFunctionRow,
  provisioned: ProvisionedVf,
  of: OfController
): Obstacle | undefined {
  const vf = `VF ${row.vfNumber}`
  const driver = row.observation?.binding?.driver ?? null
  if (provisioned.quarantine !== undefined) {
    return obstacle(`${vf} is quarantined: ${provisioned.quarantine}`, 'Retire it again.')
  }
  if (provisioned.tenant !== of.tenant) {
    return obstacle(`${vf} belongs to another tenant`, 'Let its tenant retire it.')
  }
  if (driver !== null && driver !== 'nvme' && !assignmentOf(row, of)) {
    return obstacle(`somebody bound ${vf} to ${driver}`, `Unbind it from ${driver}.`)
  }
  return (
    obstacleOfAssigned(row, of) ??
    obstacleOfUsed(row, provisioned, of) ??
    obstacleOfLast(row, of)
  )
}

/** Why one that is in the pool cannot be provisioned. */
export function obstacleInPool(
  row: VirtualFunctionRow,
  of: OfController
): Obstacle | undefined {
  const { vfNumber, secondaryState, observation, address, cntlid } = row
  const vf = `VF ${vfNumber}`
  const { vfCount = 0 } = of.controller.observation.sriov ?? {}
  const driver = observation?.binding?.driver ?? null
  if (secondaryState === 'online') {
    const reason = `somebody else brought ${vf} online`
    return obstacle(reason, REMEDIES['foreign-secondary-online'])
  }
  if (driver !== null) {
    return obstacle(`somebody bound ${vf} to ${driver}`, `Unbind it from ${driver}.`)
  }
  if (cntlid === UNKNOWN_CNTLID) {
    return obstacle(`the drive does not list ${vf} yet`, 'Rescan the host.')
  }
  if (vfCount > 0 && address === null) {
    const reason = `only ${vfCount} VFs are enabled, and the count cannot grow while they are`
    return obstacle(reason, 'Write 0 to sriov_numvfs once nobody needs them.')
  }
  return obstacleOfAssigned(row, of)
}

function obstacleOfAssigned(
  row: VirtualFunctionRow,
  of: OfController
): Obstacle | undefined {
  const assignment = assignmentOf(row, of)
  if (!assignment) return undefined
  const { consumer, state } = assignment
  const how = state === 'ready' ? '' : `, and ${state}`
  return obstacle(
    `VF ${row.vfNumber} is assigned to ${consumer}${how}`,
    'Release it first.'
  )
}

function assignmentOf({ id }: VirtualFunctionRow, { host }: OfController) {
  return host.assignments.find(({ functionId }) => functionId === id)
}

function obstacleOfUsed(
  row: VirtualFunctionRow,
  { nsids }: ProvisionedVf,
  { controller, host }: OfController
): Obstacle | undefined {
  if (row.observation?.binding?.driver !== 'nvme') return undefined
  const [used] = host.namespaces
    .filter(({ present, observation }) => present && isOfSubsystem(controller, observation))
    .filter(({ observation }) => nsids.includes(observation.nsid))
    .flatMap(({ observation }) => observation.uses)
  if (!used) return undefined
  const reason = `the host uses ${used.disk} of VF ${row.vfNumber} (${used.use} ${used.by})`
  return obstacle(reason, 'Stop what uses it.')
}

/** Retiring the last one disables all VFs of the primary: those that somebody else has in service too. */
function obstacleOfLast(
  row: VirtualFunctionRow,
  { controller, host }: OfController
): Obstacle | undefined {
  const others = host.virtualFunctions.filter(({ id, controllerId }) => {
    return controllerId === controller.id && id !== row.id
  })
  const foreign = others.find(({ secondaryState }) => secondaryState === 'online')
  if (!foreign || others.some(({ provisioned }) => provisioned)) return undefined
  const reason = `with VF ${row.vfNumber}, the last one, VF ${foreign.vfNumber} would go, which somebody else brought online`
  return obstacle(reason, REMEDIES['foreign-secondary-online'])
}

function obstacle(reason: string, remedy: string): Obstacle {
  return { reason, remedy }
}
