/** What PCI says of a function, and whether that is said of another: for those that do not tell who they are. */
import type { PciFacts } from '../host/query.ts'
import { tellingSerialNumber } from './identity.ts'

/**
 * The same function in the same boot. After a reboot the same address may be another drive. The serial number is read
 * through the function's lane, so it is missing while that hangs.
 */
export function isSameFunction(recorded: PciFacts, seen: PciFacts): boolean {
  return recorded.bootId === seen.bootId && isInSameSlot(recorded, seen)
}

/** One of its kind where it was, and not known to be another. Buses are numbered anew by each boot. */
export function isInSameSlot(recorded: PciFacts, seen: PciFacts): boolean {
  const placeOf = recorded.bootId === seen.bootId ? topologyOf : slotOf
  return (
    placeOf(recorded) === placeOf(seen) &&
    hasSameIds(recorded, seen) &&
    !isOtherDrive(recorded, seen)
  )
}

/**
 * The same drive, wherever it is plugged in: only a serial-number capability can tell. Functions of one drive may share
 * it, so the function's digit is compared too.
 */
export function isSameDrive(recorded: PciFacts, seen: PciFacts): boolean {
  const known = tellingSerialNumber(recorded)
  return (
    known !== null &&
    known === tellingSerialNumber(seen) &&
    recorded.topology.at(-1) === seen.topology.at(-1) &&
    hasSameIds(recorded, seen)
  )
}

/** Certainly another: both have a serial number, and these differ. */
export function isOtherDrive(recorded: PciFacts, seen: PciFacts): boolean {
  const known = tellingSerialNumber(recorded)
  const read = tellingSerialNumber(seen)
  return known !== null && read !== null && known !== read
}

function topologyOf({ topology }: PciFacts): string {
  return topology
}

/** Without the numbers of buses below the root. */
function slotOf({ topology }: PciFacts): string {
  const [root, ...path] = topology.split('/')
  return [root, ...path.map((address) => address.split(':').at(-1))].join('/')
}

function hasSameIds(one: PciFacts, other: PciFacts): boolean {
  return (
    one.vendor === other.vendor &&
    one.device === other.device &&
    one.subsystemVendor === other.subsystemVendor &&
    one.subsystemDevice === other.subsystemDevice
  )
}
