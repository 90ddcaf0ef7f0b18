/**
 * May VFIO own the function's IOMMU group? What moves is the group: every function in it is in the consumer's reach.
 * Source: Linux drivers/iommu/iommu.c, iommu_group_claim_dma_owner; Documentation/driver-api/vfio.rst.
 */
import type { Refusal } from '../../errors.ts'
import type { GroupMember, IommuGroup } from '../../host/observation.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { Ask } from '../host-session.ts'

/** @param isOthers whether the function at that address is assigned to another consumer */
export async function refuseGroup(
  ask: Ask,
  fn: PciAddress,
  isOthers: (address: PciAddress) => boolean
): Promise<readonly Refusal[]> {
  const { group } = await ask({ read: 'group', fn })
  if (group === null) return [noGroup(fn)]
  return siblingsOf(group, fn).flatMap(({ address, driver, blocksVfio }) => {
    if (blocksVfio) return [siblingInUse(group.number, address, driver)]
    return isOthers(address) ? [siblingAssigned(group.number, address)] : []
  })
}

/** Asked where the host's own driver shall have the function: the group must not be VFIO's. */
export async function refuseGroupOfVfio(
  ask: Ask,
  fn: PciAddress,
  isAssigned: (address: PciAddress) => boolean
): Promise<readonly Refusal[]> {
  const { group } = await ask({ read: 'group', fn })
  if (group === null) return []
  return siblingsOf(group, fn)
    .filter(({ address, driver }) => driver === 'vfio-pci' || isAssigned(address))
    .map(({ address }) => siblingAssigned(group.number, address))
}

function siblingsOf({ members }: IommuGroup, fn: PciAddress): readonly GroupMember[] {
  return members.filter(({ address }) => address !== fn)
}

/** Asked where vfio-pci has the function already: one consumer may have the group open, and only one. */
export async function refuseHeldGroup(
  ask: Ask,
  fn: PciAddress
): Promise<readonly Refusal[]> {
  const { driver } = await ask({ read: 'binding', fn })
  return driver === 'vfio-pci' ? refuseHeld(ask, fn) : []
}

/**
 * Asked of a function that is to join its group: whoever has that open by another function, for whatever nvirt knows
 * nothing of, would have this one too. But one who was given the other by nvirt may have it open.
 *
 * @param isOurs whether the function at that address is assigned to the consumer that is to have this one
 */
export async function refuseHeldBySiblings(
  ask: Ask,
  fn: PciAddress,
  isOurs: (address: PciAddress) => boolean
): Promise<readonly Refusal[]> {
  const { group } = await ask({ read: 'group', fn })
  if (group === null) return []
  const siblings = siblingsOf(group, fn).filter(({ driver }) => driver === 'vfio-pci')
  if (siblings.length === 0 || siblings.some(({ address }) => isOurs(address))) return []
  return refuseHeld(ask, fn)
}

async function refuseHeld(ask: Ask, fn: PciAddress): Promise<readonly Refusal[]> {
  const { path, held, holders } = await ask({ read: 'vfioGroup', fn })
  const named = holders.map(({ pid, command }) => `${command} (process ${pid})`)
  if (held && named.length === 0) named.push('the kernel, or a process out of sight,')
  return named.map((who) => ({
    check: 'group-held',
    device: path,
    reason: `${who} has ${path} open`,
    remedy: 'Stop the consumer, or take the function from it.',
  }))
}

function noGroup(fn: PciAddress): Refusal {
  return {
    check: 'no-iommu-group',
    device: fn,
    reason: `${fn} is in no IOMMU group: nothing would keep a guest from the memory of the host`,
    remedy: 'Enable the IOMMU in firmware and on the kernel command line (intel_iommu=on).',
  }
}

function siblingInUse(group: number, address: string, driver: string | null): Refusal {
  return {
    check: 'group-not-viable',
    device: address,
    reason: `${address} shares IOMMU group ${group} and is in use by ${driver ?? 'the host'}`,
    remedy: `Unbind ${address} from its driver, or use another slot.`,
  }
}

function siblingAssigned(group: number, address: string): Refusal {
  return {
    check: 'group-shared',
    device: address,
    reason: `${address} shares IOMMU group ${group} and is assigned to another consumer`,
    remedy: `Release ${address}, or assign both to one consumer.`,
  }
}
