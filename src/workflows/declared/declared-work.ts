/** What is to be done for the VFs of a host to be as they are declared, and the operations that do it. */
import { ControlPlaneError } from '../../errors.ts'
import type { HostInventory } from '../../inventory/drift/drift.ts'
import type { DeclaredVf, VirtualFunctionPolicyRow } from '../../store/policy-row.ts'
import type { ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { PROVISION } from '../provision-params.ts'
import { paramsOfProvision } from '../requests/provision-request.ts'
import { found, requireFree, type RequestContext } from '../requests/prepared.ts'
import { paramsOfRetire } from '../requests/retire-request.ts'
import { RETIRE } from '../retire-params.ts'
import type { ProvisionParams } from '../provision-params.ts'
import type { RetireParams } from '../retire-params.ts'
import { judgeVfs } from './judge-vfs.ts'

export type DeclaredWork = {
  readonly functionId: string
  readonly controllerId: string
  readonly tenant: string
  readonly row: VirtualFunctionRow
} & (
  | {
      readonly divide: 'provision'
      readonly declared: DeclaredVf
      readonly driver: 'none' | 'nvme'
    }
  | { readonly divide: 'retire' }
)

/** In order: first what gives back to a pool, then what takes from it, each by VF number. */
export function declaredWork(
  policies: readonly VirtualFunctionPolicyRow[],
  host: HostInventory
): readonly DeclaredWork[] {
  return policies.flatMap((policy) => {
    const controller = host.controllers.find(({ id }) => id === policy.controllerId)
    return controller ? workOfPolicy(policy, controller, host) : []
  })
}

function workOfPolicy(
  policy: VirtualFunctionPolicyRow,
  controller: ControllerRow,
  host: HostInventory
): readonly DeclaredWork[] {
  const { tenant, request } = policy
  const { driver = 'none' } = request
  const work = judgeVfs(policy, controller, host).flatMap(
    ({ row, next, declared }): readonly DeclaredWork[] => {
      if (!row) return []
      const of = { functionId: row.id, controllerId: controller.id, tenant, row }
      if (next === 'retire') return [{ ...of, divide: 'retire' }]
      if (next !== 'provision' || !declared) return []
      return [{ ...of, divide: 'provision', declared, driver }]
    }
  )
  const those = (divide: DeclaredWork['divide']) =>
    work.filter((one) => one.divide === divide)
  return [...those('retire'), ...those('provision')]
}

/** Who has a function is asked of the function: where its drive was plugged in elsewhere, the assignment names the former host. */
export function hostInventory({ read }: Store, hostId: string): HostInventory {
  return { ...read.inventoryOf(hostId), assignments: read.standingOnFunctionsOf(hostId) }
}

/**
 * Judged once more, since others may have come first: who was given the VF meanwhile keeps it.
 *
 * @throws ControlPlaneError conflict, wrong-state
 */
export function prepareDeclared(
  context: RequestContext,
  { functionId, controllerId, divide }: DeclaredWork
):
  | { readonly workflow: typeof PROVISION; readonly params: ProvisionParams }
  | { readonly workflow: typeof RETIRE; readonly params: RetireParams } {
  const { store } = context
  const controller = found(store.read.controller(controllerId), 'controller', controllerId)
  requireFree(context, controllerId, controller.address, 'shared')
  const policy = store.read.virtualFunctionPolicy(controllerId)
  const host = hostInventory(store, controller.hostId)
  const work = policy ? workOfPolicy(policy, controller, host) : []
  const now = work.find((one) => one.functionId === functionId && one.divide === divide)
  // A host's rows and its assignments are not of one instant: its drive may have come in between.
  if (!now || store.read.standingAssignment(functionId)) throw overtaken(functionId)
  if (now.divide === 'retire') {
    return { workflow: RETIRE, params: paramsOfRetire(now.row, controller) }
  }
  const { row, declared, driver } = now
  const params = paramsOfProvision(controller, [{ row, ...declared }], driver)
  return { workflow: PROVISION, params }
}

function overtaken(id: string): ControlPlaneError {
  return new ControlPlaneError(`dividing a controller by its policy`, {
    kind: 'wrong-state',
    resource: 'virtual function',
    id,
    state: 'changed meanwhile',
    allowedFrom: [],
  })
}
