/** A primary's secondaries, read and checked. */
import { HostDriverError } from '../host/driver.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { readSecondaryList, type SecondaryListReading } from '../nvme/secondary-list.ts'
import type { SecondaryController } from '../nvme/secondary-controller.ts'
import type { LaneSession } from './lane-session.ts'
import { liveController } from './nvme-controller.ts'
import { primaryCapabilities, secondaryEntries } from './nvme-commands.ts'
import { totalVfsOf } from './pci-function.ts'

/** @param totalVfs of the PF */
export async function readSecondaries(
  session: LaneSession,
  name: string,
  totalVfs: number
): Promise<SecondaryListReading> {
  const { cntlid } = await primaryCapabilities(session, name)
  return readSecondaryList(await secondaryEntries(session, name), cntlid, totalVfs)
}

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
  const name = await liveController(session.kernel, pf)
  const totalVfs = (await totalVfsOf(session, pf)) ?? 0
  const reading = await readSecondaries(session, name, totalVfs)
  if (reading.trusted) return reading.secondaries
  throw new HostDriverError(
    `reading the secondaries of ${pf}: not as specified, ${reading.oddity}`,
    { kind: 'kernel-refused', errno: 'EPROTO' }
  )
}

/** @throws {HostDriverError} gone when the primary has no such secondary */
export async function secondaryOf(
  session: LaneSession,
  pf: PciAddress,
  cntlid: number
): Promise<SecondaryController> {
  const secondaries = await secondariesOf(session, pf)
  const found = secondaries.find((secondary) => secondary.cntlid === cntlid)
  if (found) return found
  throw new HostDriverError(`reading secondary controller ${cntlid} of ${pf}`, {
    kind: 'gone',
    what: `secondary controller ${cntlid} of ${pf}`,
  })
}
