/**
 * Would a controller that goes with whatever is attached to it take namespaces with it that somebody else has? Both would write
 * them, and neither could be cleaned. The host's own controllers may have them too: before a release it can detach them.
 */
import type { Refusal } from '../../errors.ts'
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import { pciAddress, type PciAddress } from '../../nvme/pci-address.ts'
import type { ControllerRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { AssignParams } from '../assign-params.ts'
import type { Ask } from '../host-session.ts'
import { isOnHost } from '../others-controllers.ts'
import { expectedController } from './identity.ts'
import { attachedElsewhere, refuseAttachedElsewhere } from './namespaces.ts'
import { isWithConsumer } from './to-be-returned.ts'

/** Whether the function at an address is assigned to another consumer. */
type IsOthers = (address: PciAddress) => boolean

/** @param reached nsids that it has now. undefined: its drive does not tell */
export async function refuseReachedByOthers(
  ask: Ask,
  store: Store,
  p: AssignParams,
  reached: readonly number[] | undefined,
  isOthers: IsOthers
): Promise<readonly Refusal[]> {
  const own = store.read.controller(p.functionId)
  if (!own || isWithConsumer(store, p)) return []
  const { controller } = await ask({ read: 'answering', fn: p.witness })
  if (reached === undefined || !controller)
    return refuseAsSeen(store, own, reached, isOthers)
  const { controllers } = ofDrive(store, own)
  const primaries = controllers.filter(
    ({ present, observation }) => present && observation.sriov !== null
  )
  return refuseAttachedElsewhere(ask, p.witness, reached, {
    primaries: primaries.map(expectedController),
    receivers: [own.cntlid, ...(await mayHaveToo(ask, store, own, isOthers))],
  })
}

/**
 * cntlids. One consumer may have two controllers of a drive; and VFs of this one are neither online nor enabled when it goes,
 * as guards/taking-down.ts sees to.
 */
async function mayHaveToo(
  ask: Ask,
  store: Store,
  own: ControllerRow,
  isOthers: IsOthers
): Promise<readonly number[]> {
  const { controllers, virtualFunctions } = ofDrive(store, own)
  const found: number[] = []
  for (const row of controllers) {
    const isAssigned = store.read.standingAssignment(row.id) !== undefined
    if (isAssigned ? !isAt(isOthers, row) : await isOnHost(ask, row)) found.push(row.cntlid)
  }
  const vfs = virtualFunctions.filter(
    (row) =>
      row.controllerId === own.id ||
      (store.read.standingAssignment(row.id) !== undefined && !isAt(isOthers, row))
  )
  return [...found, ...vfs.map(({ cntlid }) => cntlid)]
}

/** Where nobody can be asked. A drive that does not attach namespaces has the shared ones on all of its controllers. */
function refuseAsSeen(
  store: Store,
  own: ControllerRow,
  reached: readonly number[] | undefined,
  isOthers: IsOthers
): readonly Refusal[] {
  const { controllers, virtualFunctions, namespaces } = ofDrive(store, own)
  const others = [...controllers, ...virtualFunctions].filter((row) => isAt(isOthers, row))
  const isFixed = own.lastController?.capabilities?.namespaceManagement === false
  return namespaces
    .map(({ observation }) => observation)
    .filter(({ nsid }) => reached?.includes(nsid) ?? true)
    .flatMap(({ nsid, shared, attachedTo }) =>
      others
        .filter(({ cntlid }) => (isFixed && shared) || attachedTo.includes(cntlid))
        .map(({ cntlid }) => attachedElsewhere(pciAddress(own.address), nsid, cntlid))
    )
}

function isAt(
  isOthers: IsOthers,
  { address }: { readonly address: string | null }
): boolean {
  return address !== null && isOthers(pciAddress(address))
}

/** As the last scan saw it. */
function ofDrive({ read }: Store, own: ControllerRow) {
  const { controllers, virtualFunctions, namespaces } = read.inventoryOf(own.hostId)
  const all = controllers.filter((row) => isOfSubsystem(own, row))
  return {
    controllers: all,
    virtualFunctions: virtualFunctions.filter((vf) =>
      all.some(({ id }) => id === vf.controllerId)
    ),
    namespaces: namespaces.filter(
      ({ present, observation }) => present && isOfSubsystem(own, observation)
    ),
  }
}
