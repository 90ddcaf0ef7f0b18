/** Is the function behind an address the one that is meant? Asked of the machine just before every hand-over. */
import { ControlPlaneError, type Refusal } from '../../errors.ts'
import { HostDriverError } from '../../host/driver.ts'
import type { FunctionIdentity, PciFacts } from '../../host/query.ts'
import { tellingSerialNumber, type ControllerIdentity } from '../../inventory/identity.ts'
import { isOtherDrive } from '../../inventory/same-function.ts'
import { pciAddress, type PciAddress } from '../../nvme/pci-address.ts'
import type { ControllerRow } from '../../store/rows.ts'
import type { Ask } from '../host-session.ts'

export type ExpectedController = {
  readonly address: PciAddress
  /** What it answered when it was last seen answering; null when it never was. */
  readonly controller: ControllerIdentity | null
  /** Compared where no controller answers; its serial number in any case, since two drives may answer the same. */
  readonly pci: PciFacts
}

/** As the last scan saw it. */
export function expectedController(row: ControllerRow) {
  const { address, lastController, observation } = row
  return {
    address: pciAddress(address),
    controller: lastController && {
      serial: lastController.serial,
      subsystemNqn: lastController.subsystemNqn,
      cntlid: lastController.cntlid,
    },
    pci: { ...observation.pci },
  }
}

/** What the last scan saw there may be another drive than the one that was handed out. */
export function asHandedOut(
  expected: ExpectedController,
  { pci }: Pick<FunctionIdentity, 'pci'>
) {
  const serialNumber = tellingSerialNumber(pci) ?? expected.pci.serialNumber
  return { ...expected, pci: { ...expected.pci, serialNumber } }
}

/**
 * What a change is made on. An address is an attribute: who is behind it is read again before every write, and before
 * every undo.
 */
export type Target = {
  /** What is changed on it ends with the boot, or is kept by the drive. */
  readonly lasts: 'boot' | 'drive'
  readonly fn: PciAddress
  /** Of a VF its primary, which answers for both. */
  readonly controller: ExpectedController
  /** null: the controller itself. */
  readonly vfNumber: number | null
}

/** For what ends with the boot: bindings, the VF count, state and resources of secondaries. */
export function functionTarget(
  fn: PciAddress,
  controller: ExpectedController,
  vfNumber: number | null = null
): Target {
  return { lasts: 'boot', fn, controller, vfNumber }
}

/** For what a drive keeps over a reboot: attachments. Source: NVMe Base 2.1, "Namespace Attachment command". */
export function driveTarget(controller: ExpectedController): Target {
  return { lasts: 'drive', fn: controller.address, controller, vfNumber: null }
}

/** @param reboot since it was seen last: takes away all that earlier steps did, and what a request was told */
export async function refuseOther(
  ask: Ask,
  { fn, controller, vfNumber }: Omit<Target, 'lasts'>,
  reboot: 'refused' | 'allowed' = 'refused'
): Promise<readonly Refusal[]> {
  if (vfNumber !== null) {
    const other = await refuseOtherVf(ask, fn, controller.address, vfNumber)
    if (other.length > 0) return other
  }
  const found = await lookAt(ask, controller)
  const isRebooted = found.bootId !== controller.pci.bootId
  if (isRebooted && reboot === 'refused') return [rebooted(fn)]
  return found.isExpected ? [] : [otherThan(controller.address, found.inWords)]
}

/** Of a VF whose primary is known to be the one that is meant. */
export async function refuseOtherVf(
  ask: Ask,
  fn: PciAddress,
  pf: PciAddress,
  vfNumber: number
): Promise<readonly Refusal[]> {
  const { vf } = await ask({ read: 'answering', fn })
  if (vf?.pf === pf && vf.vfNumber === vfNumber) return []
  return [otherThan(fn, vf ? `VF ${vf.vfNumber} of ${vf.pf}` : 'no virtual function')]
}

/**
 * Is what was changed still there to be undone? What has gone, with the function or with the boot, needs no undoing, and
 * what is at its address now is somebody else's.
 *
 * @throws ControlPlaneError guard, when after a reboot nothing answers: it may be the one, or another
 */
export async function isThere(ask: Ask, target: Target): Promise<boolean> {
  try {
    if (target.lasts === 'boot') return (await refuseOther(ask, target)).length === 0
    const found = await lookAt(ask, target.controller)
    const isRebooted = found.bootId !== target.controller.pci.bootId
    if (isRebooted && !found.answers) throw silent(target.fn, found)
    return found.isExpected
  } catch (error) {
    if (error instanceof HostDriverError && error.failure.kind === 'gone') return false
    throw error
  }
}

/** Two drives may say the same of themselves. Where PCI tells them apart, what was handed out with one stays with it. */
export function refuseOtherDrive(
  device: PciAddress,
  { pci: handedOut }: FunctionIdentity,
  { pci }: FunctionIdentity
): readonly Refusal[] {
  if (!isOtherDrive(handedOut, pci)) return []
  const numbers = `${pci.serialNumber}, and ${handedOut.serialNumber} when it was handed out`
  return [
    {
      check: 'identity-changed',
      device,
      reason: `${device} is another drive: its PCI serial number is ${numbers}`,
      remedy: 'Plug in the drive that was handed out, or release its assignment.',
    },
  ]
}

export type Found = {
  readonly bootId: string
  /** A controller does: whoever it is. */
  readonly answers: boolean
  readonly isExpected: boolean
  readonly inWords: string
}

/**
 * Who answers says who it is; what PCI says is read where nobody does, or never did, and where it may tell this drive from
 * another that answers the same.
 */
export async function lookAt(ask: Ask, expected: ExpectedController): Promise<Found> {
  const fn = expected.address
  if (expected.controller && tellingSerialNumber(expected.pci) === null) {
    const { bootId, controller } = await ask({ read: 'answering', fn })
    if (controller) return answered(bootId, controller, expected.controller)
  }
  const found = await ask({ read: 'identity', fn })
  return {
    bootId: found.pci.bootId,
    answers: found.controller !== undefined,
    isExpected: isExpected(found, expected),
    inWords: inWords(found),
  }
}

function answered(
  bootId: string,
  controller: ControllerIdentity,
  expected: ControllerIdentity
): Found {
  return {
    bootId,
    answers: true,
    isExpected: isSame(controller, expected),
    inWords: controllerInWords(controller),
  }
}

export function isExpected(found: FunctionIdentity, expected: ExpectedController): boolean {
  const { controller, pci } = found
  if (controller && expected.controller)
    return isSame(controller, expected.controller) && !isOtherDrive(expected.pci, pci)
  return isSameBoot(pci, expected.pci)
}

function isSame(found: ControllerIdentity, expected: ControllerIdentity): boolean {
  return (
    found.serial === expected.serial &&
    found.subsystemNqn === expected.subsystemNqn &&
    found.cntlid === expected.cntlid
  )
}

/** Without an answer only the same slot in the same boot is the same function. */
export function isSameBoot(found: PciFacts, expected: PciFacts): boolean {
  return (
    found.bootId === expected.bootId &&
    found.topology === expected.topology &&
    found.vendor === expected.vendor &&
    found.device === expected.device &&
    found.subsystemVendor === expected.subsystemVendor &&
    found.subsystemDevice === expected.subsystemDevice &&
    tellingSerialNumber(found) === tellingSerialNumber(expected)
  )
}

function otherThan(device: PciAddress, found: string): Refusal {
  return {
    check: 'identity-changed',
    device,
    reason: `${device} is not what the inventory says: it is ${found}`,
    remedy: 'Rescan the host and look what is at this address now.',
  }
}

function rebooted(device: PciAddress): Refusal {
  return {
    check: 'host-rebooted',
    device,
    reason: `the host of ${device} was started again since ${device} was looked at`,
    remedy: 'Rescan the host, look what has become of the function, and ask again.',
  }
}

function silent(device: PciAddress, found: Found): ControlPlaneError {
  return new ControlPlaneError(`looking who is at ${device}`, {
    kind: 'guard',
    refusals: [otherThan(device, found.inWords)],
  })
}

function inWords({ controller, pci }: FunctionIdentity): string {
  const number = tellingSerialNumber(pci)
  return controller
    ? `${controllerInWords(controller)}${number === null ? '' : `, PCI serial number ${number}`}`
    : `a function ${pci.vendor}:${pci.device} at ${pci.topology} that does not answer`
}

function controllerInWords({ serial, subsystemNqn, cntlid }: ControllerIdentity): string {
  return `serial ${serial}, ${subsystemNqn}, cntlid ${cntlid}`
}
