/**
 * Whom would a reset of a primary take down, and whom VF count 0? Every secondary goes offline and loses its resources,
 * whoever has it.
 * Source: NVMe Base 2.1, "Controller Level Reset"; a lab saw the I/O of a VF hang until its driver gave it up.
 */
import type { Refusal } from '../../errors.ts'
import { HostDriverError } from '../../host/driver.ts'
import { predictVfAddress, type PciAddress } from '../../nvme/pci-address.ts'
import type { SecondaryController } from '../../nvme/secondary-controller.ts'
import type { VirtualFunctionRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { AssignParams } from '../assign-params.ts'
import type { Ask } from '../host-session.ts'
import type { ExpectedController } from './identity.ts'
import { refuseWithVirtualFunctions } from './secondary.ts'

type Primary = {
  readonly hostId: string
  readonly controllerId: string
  readonly primary: ExpectedController
}

/** One refusal for each VF that somebody has, naming whom; else one for VFs that are merely enabled. */
export async function refuseTakingDown(
  ask: Ask,
  store: Store,
  { hostId, controllerId, primary }: Primary
): Promise<readonly Refusal[]> {
  const pf = primary.address
  const { secondaries } = await ask({ read: 'secondaries', pf })
  const bindings = await bindingsOf(ask, pf)
  const rows = store.read
    .inventoryOf(hostId)
    .virtualFunctions.filter((row) => row.controllerId === controllerId)
  const refusals = secondaries.flatMap((secondary) => {
    const row = rows.find(({ vfNumber }) => vfNumber === secondary.vfNumber)
    const uses = [
      ...(row ? promisesOf(store, row) : []),
      ...stateOf(secondary),
      ...(bindings.get(secondary.vfNumber) ?? []),
    ]
    return uses.length === 0 ? [] : [takenDown(`a reset of ${pf}`, pf, secondary, uses)]
  })
  return refusals.length > 0 ? refusals : refuseWithVirtualFunctions(ask, pf)
}

/**
 * VF count 0 takes down what somebody else brought online, which no driver need have: the kernel waits for consumers of
 * VFIO only, and nvirt for what the host uses.
 *
 * @param own ids of VFs that are the asking operation's
 */
export async function refuseDisabling(
  ask: Ask,
  store: Store,
  { hostId, controllerId, primary }: Primary,
  own: readonly string[]
): Promise<readonly Refusal[]> {
  const pf = primary.address
  const rows = store.read
    .inventoryOf(hostId)
    .virtualFunctions.filter((row) => row.controllerId === controllerId)
  const isOurs = ({ vfNumber }: SecondaryController) =>
    rows.some((row) => row.vfNumber === vfNumber && own.includes(row.id))
  const { secondaries } = await ask({ read: 'secondaries', pf })
  const others = secondaries.filter((one) => one.state === 'online' && !isOurs(one))
  const bindings = others.length === 0 ? undefined : await bindingsOf(ask, pf)
  const what = `VF count 0 of ${pf}, once the last VF that nvirt provisioned is retired,`
  return others.map((one) =>
    takenDown(what, pf, one, [...stateOf(one), ...(bindings?.get(one.vfNumber) ?? [])])
  )
}

/**
 * Of a primary that is to be handed over: VFIO resets it, and so can its guest at any time. One that cannot be asked for
 * its secondaries, since nvme does not have it or it is dead, has none online unless there are VFs.
 */
export async function refuseTakenDown(
  ask: Ask,
  store: Store,
  p: AssignParams
): Promise<readonly Refusal[]> {
  const { hostId, functionId: controllerId, controller: primary } = p
  try {
    return await refuseTakingDown(ask, store, { hostId, controllerId, primary })
  } catch (error) {
    if (error instanceof HostDriverError) return refuseWithVirtualFunctions(ask, p.fn)
    throw error
  }
}

/** What was promised stands, also where the machine has lost it. */
function promisesOf({ read }: Store, row: VirtualFunctionRow): readonly string[] {
  const assignment = read.standingAssignment(row.id)
  return [
    ...(row.provisioned ? [`provisioned for tenant ${row.provisioned.tenant}`] : []),
    ...(assignment
      ? [`assigned to ${assignment.consumer} of tenant ${assignment.tenant}`]
      : []),
  ]
}

function stateOf({ state, held }: SecondaryController): readonly string[] {
  const isHolding = held.vq > 0 || held.vi > 0
  if (state === 'offline' && !isHolding) return []
  return [`${state} with ${held.vq} VQ and ${held.vi} VI`]
}

/** By VF number, of VFs that are enabled and that a driver has. */
async function bindingsOf(
  ask: Ask,
  pf: PciAddress
): Promise<ReadonlyMap<number, readonly string[]>> {
  const { vfCount, offset, stride } = await ask({ read: 'sriov', pf })
  const bindings = new Map<number, readonly string[]>()
  for (let index = 0; index < vfCount; index++) {
    const fn = predictVfAddress(pf, index, offset, stride)
    const { driver } = await ask({ read: 'binding', fn })
    if (driver !== null) bindings.set(index + 1, [`bound to ${driver} at ${fn}`])
  }
  return bindings
}

function takenDown(
  what: string,
  pf: PciAddress,
  { vfNumber, cntlid }: SecondaryController,
  uses: readonly string[]
): Refusal {
  return {
    check: 'takes-down-secondary',
    device: pf,
    reason: `${what} takes VF ${vfNumber} (secondary controller ${cntlid}) down, which is ${uses.join(', ')}`,
    remedy: `Release and retire VF ${vfNumber} first; if nvirt did not provision it, unbind it and take secondary controller ${cntlid} offline.`,
  }
}
