/** May these VFs get what was asked for? */
import type { Refusal } from '../../errors.ts'
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import { predictVfAddress, type PciAddress } from '../../nvme/pci-address.ts'
import type { Store } from '../../store/store.ts'
import { isOfAnother } from '../group-claims.ts'
import type { Ask } from '../host-session.ts'
import type { ProvisionParams } from '../provision-params.ts'
import { refuseGroupOfVfio } from './group.ts'
import { expectedController, type ExpectedController } from './identity.ts'
import { refuseAttachedElsewhere } from './namespaces.ts'
import { refuseUsed } from './usage.ts'

/** Neither in use on the host nor within reach of anybody else. */
export async function refuseNamespaces(
  ask: Ask,
  store: Store,
  p: ProvisionParams,
  nsids: readonly number[]
): Promise<readonly Refusal[]> {
  const pf = p.primary.address
  const reach = {
    primaries: primariesOf(store, p),
    receivers: [...receiversOf(p), ...fetchedTo(p)],
  }
  return [
    ...(await refuseUsed(ask, pf, nsids)),
    ...(await refuseAttachedElsewhere(ask, pf, nsids, reach)),
  ]
}

/** Of the subsystem, this one first. */
function primariesOf({ read }: Store, p: ProvisionParams): readonly ExpectedController[] {
  const row = read.controller(p.controllerId)
  const others = read
    .inventoryOf(p.hostId)
    .controllers.filter((other) => row && isOfSubsystem(row, other))
    .filter(({ id, present, observation }) => {
      return id !== p.controllerId && present && observation.sriov !== null
    })
  return [p.primary, ...others.map(expectedController)]
}

/** Asked where the host's driver is to have the VFs. Of those that do not exist yet the group appears with them. */
export async function refuseGroups(
  ask: Ask,
  store: Store,
  p: ProvisionParams
): Promise<readonly Refusal[]> {
  if (p.driver !== 'nvme') return []
  const pf = p.primary.address
  const { vfCount, offset, stride } = await ask({ read: 'sriov', pf })
  const refusals: Refusal[] = []
  for (const { vfNumber } of p.virtualFunctions.filter((vf) => vf.vfNumber <= vfCount)) {
    const fn = predictVfAddress(pf, vfNumber - 1, offset, stride)
    refusals.push(...(await refuseGroupOfVf(ask, store, p, fn)))
  }
  return refusals
}

/** The host's driver must not take a VF out of a group that a consumer has. */
export function refuseGroupOfVf(
  ask: Ask,
  store: Store,
  { hostId }: ProvisionParams,
  fn: PciAddress
): Promise<readonly Refusal[]> {
  const isAssigned = isOfAnother(store, { hostId, claimant: null, requested: 'wait' })
  return refuseGroupOfVfio(ask, fn, isAssigned)
}

/** Where a release left them, and from where they are taken. */
function fetchedTo({ virtualFunctions }: ProvisionParams): readonly number[] {
  return virtualFunctions.flatMap((vf) => vf.fetchedTo ?? [])
}

export function receiversOf({ virtualFunctions }: ProvisionParams): readonly number[] {
  return virtualFunctions.map(({ cntlid }) => cntlid)
}
