/** A primary's secondaries, read and checked. */
import { HostDriverError } from '../host/driver.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { readSecondaryList } from '../nvme/secondary-list.ts'
import type { SecondaryController } from '../nvme/secondary-controller.ts'
import type { LaneSession } from './lane-session.ts'
import { cntlidOf, liveController } from './nvme-controller.ts'
import { secondaryEntries } from './nvme-commands.ts'
import { totalVfsOf } from './pci-function.ts'

/**
 * For work that relies on them.
 *
 * @throws {HostDriverError} controller-not-live, nvme-refused; kernel-refused EPROTO when the drive's list is not as
 * specified: such a drive is looked at and never changed
 */
export async function secondariesOf(
  session: LaneSession,
  pf: PciAddress
): Promise<readonly SecondaryController[]> {
  const look = await secondariesLook(session, pf)
  return look()
}

async function secondariesAmong(
  session: LaneSession,
  pf: PciAddress,
  totalVfs: number
): Promise<readonly SecondaryController[]> {
  const name = await liveController(session.kernel, pf)
  const cntlid = await cntlidOf(session.kernel, name)
  const entries = await secondaryEntries(session, name)
  const reading = readSecondaryList(entries, cntlid, totalVfs)
  if (reading.trusted) return reading.secondaries
  throw new HostDriverError(
    `reading the secondaries of ${pf}: not as specified, ${reading.oddity}`,
    { kind: 'kernel-refused', errno: 'EPROTO' }
  )
}

/**
 * Looked at as often as is called: what their primary's function is, is read once.
 *
 * @throws from the look: as `secondariesOf`
 */
export async function secondariesLook(
  session: LaneSession,
  pf: PciAddress
): Promise<() => Promise<readonly SecondaryController[]>> {
  const totalVfs = (await totalVfsOf(session.kernel, pf)) ?? 0
  return () => secondariesAmong(session, pf, totalVfs)
}
