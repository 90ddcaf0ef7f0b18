/** IOMMU groups: who is in which, and whether VFIO may own one. Source: Linux drivers/iommu/iommu.c. */
import type { EmulatedLinux, IommuGroup } from '../linux.ts'
import { lowestFree } from '../nvme-driver/lowest-free.ts'
import type { PciFunction } from './pci-function.ts'

/** @param label functions with the same one share a group; undefined: a group of its own */
export function joinGroup(
  linux: EmulatedLinux,
  fn: PciFunction,
  label: string | undefined
): void {
  if (!linux.facts.iommu) return
  const same = [...linux.groups.values()].find((group) => group.label === label)
  const group = label !== undefined && same ? same : newGroup(linux, label)
  group.members.add(fn)
  fn.group = group.number
}

/** A group goes with its last member, and its number is free again. */
export function leaveGroup(linux: EmulatedLinux, fn: PciFunction): void {
  const group = groupOf(linux, fn)
  if (!group) return
  group.members.delete(fn)
  if (group.members.size === 0) linux.groups.delete(group.number)
  fn.group = undefined
}

export function groupOf(linux: EmulatedLinux, fn: PciFunction): IommuGroup | undefined {
  return fn.group === undefined ? undefined : linux.groups.get(fn.group)
}

/** Drivers that leave DMA to others: VFIO's own, pci-stub, and bridges (driver_managed_dma). */
const LEAVES_DMA = new Set(['vfio-pci', 'pci-stub', 'pcieport'])

/** No member is held by a driver that does DMA for the host (iommu_group_dma_owner_claimed). */
export function isViable(group: IommuGroup): boolean {
  return [...group.members].every(
    ({ driver }) => driver === undefined || LEAVES_DMA.has(driver)
  )
}

/** /dev/vfio/N exists while a member is on vfio-pci. */
export function hasVfioNode(group: IommuGroup): boolean {
  return [...group.members].some(({ driver }) => driver === 'vfio-pci')
}

function newGroup(linux: EmulatedLinux, label: string | undefined): IommuGroup {
  const number = lowestFree(linux.groups.keys(), 0)
  const group: IommuGroup = { number, label, members: new Set() }
  linux.groups.set(number, group)
  return group
}
