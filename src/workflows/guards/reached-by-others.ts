/**
 * Would a controller that goes with whatever is attached to it take namespaces with it that somebody else has? Both would write
 * them, and neither could be cleaned. The host's own controllers may have them too: before a release it can detach them.
 */
import type { Refusal } from '../../errors.ts'
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import { pciAddress, type PciAddress } from '../../nvme/pci-address.ts'
import type { ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { AssignParams } from '../assign-params.ts'
import type { Ask } from '../host-session.ts'
import { isOnHost } from '../others-controllers.ts'
import { answers } from './direct.ts'
import { expectedController } from './identity.ts'
import { attachedElsewhere, attachedNow, refuseElsewhere } from './namespaces.ts'
import { isWithConsumer } from './to-be-returned.ts'

/** Whether the function at an address is assigned to another consumer. */
type IsOthers = (address: PciAddress) => boolean

type Asking = {
  readonly ask: Ask
  readonly store: Store
  readonly own: ControllerRow
  readonly drive: Drive
  readonly isOthers: IsOthers
}

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
  const drive = ofDrive(store, own)
  const { controller } = await ask({ read: 'answering', fn: p.witness })
  if (reached === undefined || !controller)
    return refuseAsSeen(own, drive, reached, isOthers)
  const attached = await attachedNow(ask, p.witness, reached)
  const all = new Set(attached.flatMap(({ cntlids }) => cntlids))
  const having = [...all].filter((cntlid) => cntlid !== own.cntlid)
  const too = await mayHaveToo({ ask, store, own, drive, isOthers }, having)
  const left = having.filter((cntlid) => !too.includes(cntlid))
  return refuseElsewhere(ask, p.witness, attached, {
    primaries: mayList(drive, left).map(expectedController),
    receivers: [own.cntlid, ...too],
  })
}

/** Of these cntlids. Nobody else is asked: a controller that hangs holds up only those that share a namespace with it. */
async function mayHaveToo(
  asking: Asking,
  having: readonly number[]
): Promise<readonly number[]> {
  const { controllers, virtualFunctions } = asking.drive
  const found: number[] = []
  for (const row of controllers)
    if (having.includes(row.cntlid) && (await mayController(asking, row)))
      found.push(row.cntlid)
  const vfs = virtualFunctions.filter(({ cntlid }) => having.includes(cntlid))
  for (const row of controllers) {
    const its = vfs.filter(({ controllerId }) => controllerId === row.id)
    found.push(...(await vfsThatMay(asking, row, its)).map(({ cntlid }) => cntlid))
  }
  return found
}

/** One consumer may have two controllers of a drive. */
async function mayController(
  { ask, store, isOthers }: Asking,
  row: ControllerRow
): Promise<boolean> {
  const isAssigned = store.read.standingAssignment(row.id) !== undefined
  return isAssigned ? !isAt(isOthers, row) : isOnHost(ask, row)
}

/**
 * VFs of this one are neither online nor enabled when it goes, as guards/taking-down.ts sees to. Another primary tells of its
 * own while it answers; else who has it decides about them, and where nobody has it none can be brought online.
 */
async function vfsThatMay(
  asking: Asking,
  primary: ControllerRow,
  vfs: readonly VirtualFunctionRow[]
): Promise<readonly VirtualFunctionRow[]> {
  const { ask, store, own, isOthers } = asking
  if (primary.id === own.id) return vfs
  const isAssigned = ({ id }: { readonly id: string }) =>
    store.read.standingAssignment(id) !== undefined
  const [assigned, others] = [vfs.filter(isAssigned), vfs.filter((vf) => !isAssigned(vf))]
  const his = assigned.filter((vf) => !isAt(isOthers, vf))
  if (others.length === 0 || !(await mayController(asking, primary))) return his
  if (await answers(ask, expectedController(primary))) return his
  return isAssigned(primary) ? [...his, ...others] : [...his, ...others.filter(isPooled)]
}

function isPooled({ secondaryState, provisioned }: VirtualFunctionRow): boolean {
  return secondaryState === 'offline' && provisioned === null
}

/** Primaries that may have these in their pools: of what no scan has seen yet, any. */
function mayList(
  { controllers, virtualFunctions }: Drive,
  cntlids: readonly number[]
): readonly ControllerRow[] {
  const known = [...controllers, ...virtualFunctions].map(({ cntlid }) => cntlid)
  const isUnknown = cntlids.some((cntlid) => !known.includes(cntlid))
  const theirs = virtualFunctions.filter(({ cntlid }) => cntlids.includes(cntlid))
  return controllers.filter(
    ({ id, present, observation }) =>
      present &&
      observation.sriov !== null &&
      (isUnknown || theirs.some(({ controllerId }) => controllerId === id))
  )
}

/** Where nobody can be asked. A drive that does not attach namespaces has the shared ones on all of its controllers. */
function refuseAsSeen(
  own: ControllerRow,
  { controllers, virtualFunctions, namespaces }: Drive,
  reached: readonly number[] | undefined,
  isOthers: IsOthers
): readonly Refusal[] {
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

type Drive = ReturnType<typeof ofDrive>

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
