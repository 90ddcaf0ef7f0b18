/** What a VF lets whoever has it do to others, by its own Identify and effects log. */
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { TenantReach } from '../../nvme/tenant-reach.ts'
import type { LaneSession } from '../lane-session.ts'
import { identifyController, reachOf } from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'
import { driverOf } from '../pci-function.ts'

export async function readTenantReach(
  session: LaneSession,
  fn: PciAddress
): Promise<readonly TenantReach[] | null> {
  if ((await driverOf(session.kernel, fn)) !== 'nvme') return null
  const name = await liveController(session.kernel, fn)
  return reachOf(session, name, await identifyController(session, name))
}
