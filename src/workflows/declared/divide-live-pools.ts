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
import { heldTogether, livePools, refusedBudget } from '../requests/budget.ts'
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
  const own = ownSecondaries(context, controller, secondaries, count)
  const held = heldTogether(secondaries, own)
  const available = (kind: FlexibleKind) => freeOf(primary[kind]) + held[kind]
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

/** cntlids of those whose resources will be given back: they are declared, or are to go. */
function ownSecondaries(
  context: RequestContext,
  { id, hostId }: ControllerRow,
  secondaries: readonly SecondaryController[],
  count: number
): readonly number[] {
  const { store, caller } = context
  const changing = openOperations(store).flatMap(
    ({ params }) => heldBy(params).holds.exclusive
  )
  const isOwn = ({ provisioned, id: vf }: VirtualFunctionRow) =>
    provisioned
      ? provisioned.tenant === caller.tenant && provisioned.quarantine === undefined
      : changing.includes(vf)
  const vfs = store.read
    .inventoryOf(hostId)
    .virtualFunctions.filter(({ controllerId }) => controllerId === id)
  return secondaries.flatMap(({ cntlid, state }) => {
    const vf = vfs.find((row) => row.cntlid === cntlid)
    const isToCome = vf && state === 'offline' && vf.vfNumber <= count
    return vf && (isOwn(vf) || isToCome) ? [cntlid] : []
  })
}
