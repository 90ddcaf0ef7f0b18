/** The pools of a primary, as it has them now, divided as somebody declares. */
import { dividePools, type Sharing } from '../../nvme/divide-pool.ts'
import {
  freeOf,
  type FlexibleKind,
  type FlexibleResources,
  type SecondaryController,
} from '../../nvme/secondary-controller.ts'
import type { PolicySharing, VirtualFunctionPolicy } from '../../store/policy-row.ts'
import type { ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import { heldBy, openOperations } from '../open-operations.ts'
import {
  comingTogether,
  heldTogether,
  livePools,
  refusedBudget,
} from '../requests/budget.ts'
import type { RequestContext } from '../requests/prepared.ts'

/**
 * @returns of VF 1, 2 … `count`
 * @throws ControlPlaneError insufficient-resources, invalid, guard, host-away
 */
export async function divideLivePools(
  context: RequestContext,
  controller: ControllerRow,
  { count, vq, vi }: VirtualFunctionPolicy
): Promise<readonly FlexibleResources[]> {
  if (count === 0) return []
  const { primary, secondaries } = await livePools(context, controller)
  const own = ownVfs(context, controller, secondaries, count)
  const held = heldTogether(
    secondaries,
    own.map(({ cntlid }) => cntlid)
  )
  const ids = own.map(({ id }) => id)
  const coming = comingTogether(context, controller.id, secondaries, ids)
  const available = (kind: FlexibleKind) =>
    freeOf(primary[kind]) + held[kind] - coming[kind]
  const division = dividePools(
    primary,
    { vq: available('vq'), vi: available('vi') },
    count,
    { vq: sharingOf(vq, count), vi: sharingOf(vi, count) }
  )
  if (division.divided) return division.shares
  const [first] = division.refusals
  if (!first) throw new Error('a division is refused for a reason')
  throw refusedBudget(controller.address, first, primary, first.resource)
}

function sharingOf({ each, weights, ...bounds }: PolicySharing, count: number): Sharing {
  if (each !== undefined) return { each }
  return { weights: weights ?? Array.from({ length: count }, () => 1), ...bounds }
}

/** Those whose resources will be given back: they are declared, or are to go. */
function ownVfs(
  context: RequestContext,
  { id, hostId }: ControllerRow,
  secondaries: readonly SecondaryController[],
  count: number
): readonly VirtualFunctionRow[] {
  const { store, caller } = context
  const whose = tenantOf(context)
  const isToCome = ({ cntlid, vfNumber }: VirtualFunctionRow) =>
    vfNumber <= count &&
    secondaries.some((one) => one.cntlid === cntlid && one.state === 'offline')
  const isOwn = (vf: VirtualFunctionRow) => {
    const tenant = whose(vf)
    if (tenant === undefined) return isToCome(vf)
    if (tenant !== caller.tenant) return false
    return vf.provisioned?.quarantine === undefined || isToCome(vf)
  }
  return store.read
    .inventoryOf(hostId)
    .virtualFunctions.filter((vf) => vf.controllerId === id && isOwn(vf))
}

/** Of one that is not provisioned yet: whose operation has it. undefined: it is nobody's. */
function tenantOf({
  store,
}: RequestContext): (vf: VirtualFunctionRow) => string | undefined {
  const open = openOperations(store)
  return ({ id, provisioned }) => {
    if (provisioned) return provisioned.tenant
    const operation = open.find(({ params }) => heldBy(params).holds.exclusive.includes(id))
    return operation && store.read.operation(null, operation.id)?.tenant
  }
}
