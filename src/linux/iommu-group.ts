/** IOMMU groups: the unit that VFIO hands over. All of it is readable while a device lock is held. */
import type { Kernel } from '../kernel/kernel.ts'
import type { GroupMember, IommuGroup } from '../host/observation.ts'
import { parsePciAddress, type PciAddress } from '../nvme/pci-address.ts'
import { classOf, driverOf } from './pci-function.ts'
import { ifPresent } from './small-files.ts'
import { attributePath, IOMMU_GROUPS, lastPart } from './sysfs-paths.ts'

/**
 * Drivers that declare to do no DMA for the host (`driver_managed_dma`), so that VFIO may have the rest of the group.
 * Source: Linux drivers/iommu/iommu.c, iommu_device_use_default_domain; drivers/pci/pcie/portdrv.c, pci-stub.c.
 */
const OWNS_NO_DMA: readonly (string | null)[] = [null, 'vfio-pci', 'pci-stub', 'pcieport']

/** null: no IOMMU, or none for this function. */
export async function groupNumberOf(
  kernel: Kernel,
  fn: PciAddress
): Promise<number | null> {
  const path = attributePath(fn, 'iommu_group')
  const link = await ifPresent(kernel.call({ call: 'readLink', path }))
  return link === null ? null : Number(lastPart(link))
}

export async function groupOf(kernel: Kernel, fn: PciAddress): Promise<IommuGroup | null> {
  const number = await groupNumberOf(kernel, fn)
  if (number === null) return null
  const path = `${IOMMU_GROUPS}/${number}/devices`
  const names = (await ifPresent(kernel.call({ call: 'readDir', path }))) ?? []
  const members: GroupMember[] = []
  for (const name of [...names].sort()) {
    const address = parsePciAddress(name)
    if (address !== undefined) members.push(await memberOf(kernel, address))
  }
  return { number, members, viable: members.every(({ blocksVfio }) => !blocksVfio) }
}

async function memberOf(kernel: Kernel, address: PciAddress): Promise<GroupMember> {
  const deviceClass = (await ifPresent(classOf(kernel, address))) ?? ''
  const driver = await driverOf(kernel, address)
  return { address, class: deviceClass, driver, blocksVfio: !OWNS_NO_DMA.includes(driver) }
}
