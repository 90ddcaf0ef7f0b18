/** Which VFs a request gets: the lowest numbers that nobody has, or is about to have. */
import { ControlPlaneError } from '../../errors.ts'
import { UNKNOWN_CNTLID } from '../../inventory/identity.ts'
import type { ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import { heldBy, openOperations } from '../open-operations.ts'
import type { RequestContext } from './prepared.ts'

/** @throws ControlPlaneError insufficient-resources */
export function chooseVirtualFunctions(
  { store }: RequestContext,
  controller: ControllerRow,
  count: number
): readonly VirtualFunctionRow[] {
  const held = openOperations(store).flatMap(({ params }) => heldBy(params).holds.exclusive)
  const isAnyVfEnabled = (controller.observation.sriov?.vfCount ?? 0) > 0
  const free = store.read
    .inventoryOf(controller.hostId)
    .virtualFunctions.filter((vf) => vf.controllerId === controller.id)
    .filter((vf) => isInPool(vf) && !held.includes(vf.id))
    // Where VFs are enabled already, the count cannot grow: those that do not exist never will.
    .filter(({ address }) => !isAnyVfEnabled || address !== null)
    .filter(({ id }) => store.read.standingAssignment(id) === undefined)
    .toSorted((a, b) => a.vfNumber - b.vfNumber)
  if (free.length >= count) return free.slice(0, count)
  throw new ControlPlaneError(`choosing ${count} virtual functions`, {
    kind: 'insufficient-resources',
    device: controller.address,
    resource: 'virtual functions',
    requested: count,
    available: free.length,
  })
}

/** One that somebody else brought online or bound is in use, whoever that is. */
function isInPool(vf: VirtualFunctionRow): boolean {
  return (
    vf.provisioned === null &&
    vf.secondaryState === 'offline' &&
    vf.cntlid !== UNKNOWN_CNTLID &&
    (vf.observation?.binding?.driver ?? null) === null
  )
}
