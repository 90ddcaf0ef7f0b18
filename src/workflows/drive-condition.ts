/** What a consumer may have changed of a drive. */
import { HostDriverError } from '../host/driver.ts'
import type { DriveCondition } from '../host/query.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import type { Ask } from './host-session.ts'

/** undefined: its drive does not answer, which keeps nobody from being given a function. */
export async function conditionOf(
  ask: Ask,
  fn: PciAddress
): Promise<DriveCondition | undefined> {
  try {
    return await ask({ read: 'condition', fn })
  } catch (error) {
    if (error instanceof HostDriverError) return undefined
    throw error
  }
}
