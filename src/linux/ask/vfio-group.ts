/** Whether a consumer can open the function's VFIO group now: it is opened and closed, as the consumer will do. */
import { HostDriverError } from '../../host/driver.ts'
import type { IommuGroup } from '../../host/observation.ts'
import type { VfioGroup } from '../../host/query.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { groupOf } from '../iommu-group.ts'
import type { LaneSession } from '../lane-session.ts'
import { ifPresent, ifReadable } from '../small-files.ts'
import { attributePath, vfioDevicePath, vfioGroupPath } from '../sysfs-paths.ts'

/** @throws {HostDriverError} gone: no group, or none of its functions is on vfio-pci */
export async function readVfioGroup(
  session: LaneSession,
  fn: PciAddress
): Promise<VfioGroup> {
  const group = await groupOf(session.kernel, fn)
  const doing = `opening the VFIO group of ${fn}`
  if (group === null) {
    throw new HostDriverError(doing, { kind: 'gone', what: `IOMMU group of ${fn}` })
  }
  const path = vfioGroupPath(group.number)
  if (!(await session.kernel.call({ call: 'exists', path }))) {
    throw new HostDriverError(doing, { kind: 'gone', what: path })
  }
  const holders = await holdersOf(session, path, group)
  const viable = (await viableByVfio(session, path)) ?? (await viableByVfio(session, path))
  return {
    path,
    viable: viable ?? group.viable,
    held: viable === null || holders.length > 0,
    holders,
  }
}

/**
 * By the group's node or, where the kernel has them, by those of its devices, whose users keep the group from being opened
 * too (Linux drivers/vfio/device_cdev.c; group.c, cdev_device_open_cnt).
 */
async function holdersOf(
  { kernel }: LaneSession,
  path: string,
  { members }: IommuGroup
): Promise<VfioGroup['holders']> {
  const others = await deviceNodes(kernel, members)
  const holders = await ifReadable(kernel.call({ call: 'holders', path, others }))
  return (holders ?? []).map(({ pid, command }) => ({ pid, command }))
}

async function deviceNodes(
  kernel: Kernel,
  members: IommuGroup['members']
): Promise<readonly string[]> {
  const nodes: string[] = []
  for (const { address, driver } of members) {
    if (driver !== 'vfio-pci') continue
    const path = attributePath(address, 'vfio-dev')
    const names = await ifPresent(kernel.call({ call: 'readDir', path }))
    nodes.push(...(names ?? []).map(vfioDevicePath))
  }
  return nodes
}

/** null: a consumer has it, and only one may (Linux drivers/vfio/group.c, vfio_group_fops_open). */
async function viableByVfio(session: LaneSession, path: string): Promise<boolean | null> {
  try {
    return (await session.call({ call: 'vfioGroupStatus', path })).viable
  } catch (cause) {
    if (cause instanceof KernelError && cause.errno === 'EBUSY') return null
    throw cause
  }
}
