/** Whether a consumer can open the function's VFIO group now: it is opened and closed, as the consumer will do. */
import { HostDriverError } from '../../host/driver.ts'
import type { VfioGroup } from '../../host/query.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { groupOf } from '../iommu-group.ts'
import type { LaneSession } from '../lane-session.ts'
import { ifReadable } from '../small-files.ts'
import { vfioGroupPath } from '../sysfs-paths.ts'

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
  const viable = (await viableByVfio(session, path)) ?? group.viable
  const holders = await ifReadable(session.kernel.call({ call: 'holders', path }))
  return { path, viable, holders: holders ?? [] }
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
