/**
 * What is desired of a host against what was seen of it. Desired are provisioned VFs, standing assignments, and that
 * nobody else makes VFs. Pure: the same rows give the same differences, in the same order.
 */
import { SYSTEM } from '../../access/caller.ts'
import type {
  AssignmentRow,
  ControllerRow,
  DriftRow,
  VirtualFunctionRow,
} from '../../store/rows.ts'
import type { InventoryRows } from '../scanned-row.ts'
import { differencesOfController } from './controller-drift.ts'
import { differencesOfVirtualFunction } from './virtual-function-drift.ts'

export type Drift = Omit<DriftRow, 'since'>

/** A drift without whose it is. */
export type Deviation = Pick<DriftRow, 'kind' | 'expected' | 'found'>

export type HostInventory = InventoryRows & {
  /** Those that are not over. */
  readonly assignments: readonly AssignmentRow[]
}

export function driftOf(host: HostInventory): readonly Drift[] {
  const assignments = new Map(host.assignments.map((row) => [row.functionId, row]))
  const controllers = new Map(host.controllers.map((row) => [row.id, row]))
  const ofControllers = host.controllers.flatMap((row) =>
    differencesOfController(row, { host, assignment: assignments.get(row.id) }).map(
      ofFunction('controller', row, assignments.get(row.id)?.tenant)
    )
  )
  const ofVirtualFunctions = host.virtualFunctions.flatMap((row) => {
    const assignment = assignments.get(row.id)
    const primary = controllers.get(row.controllerId)
    const tenant = assignment?.tenant ?? row.provisioned?.tenant
    return differencesOfVirtualFunction(row, { host, primary, assignment }).map(
      ofFunction('virtualFunction', row, tenant)
    )
  })
  return [...ofControllers, ...ofVirtualFunctions]
}

function ofFunction(
  functionKind: Drift['functionKind'],
  { id, hostId }: ControllerRow | VirtualFunctionRow,
  tenant: string = SYSTEM.tenant
): (deviation: Deviation) => Drift {
  return (deviation) => ({ hostId, functionKind, functionId: id, tenant, ...deviation })
}
