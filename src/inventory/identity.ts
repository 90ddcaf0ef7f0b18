/**
 * Who is who. Hardware has UUIDs of version 5, made of what tells one thing from another, so that the same thing has the
 * same id after a reboot and in another slot. An address, an `nvmeN` name and a group number are never part of it.
 *
 * Fields are joined with NUL, which no sysfs attribute or NVMe string contains: ("a", "bc") and ("ab", "c") differ.
 * Source: RFC 9562, "UUID Version 5".
 */
import { hash } from 'node:crypto'
import type { PciFacts } from '../host/query.ts'
import { isBlank } from '../nvme/pci-capabilities.ts'

/** All ids of hardware live in this name space. Never to be changed: every id would be another. */
const NVIRT = Buffer.from('5b0c6f2e8a544d0e9a530f9a4f2d7c11', 'hex')

/** A controller that no driver has answered for has no cntlid that we know. FFFFh is reserved (NVMe Base 2.1, "Controller ID"). */
export const UNKNOWN_CNTLID = 0xffff

export type ControllerIdentity = {
  readonly serial: string
  readonly subsystemNqn: string
  readonly cntlid: number
}

export type NamespaceIdentity = {
  readonly subsystemNqn: string
  readonly serial: string
  readonly nsid: number
  readonly nguid: string | null
  readonly eui64: string | null
}

/** @param machineId 32 hex digits of /etc/machine-id */
export function hostIdOf(machineId: string): string {
  return idOf('host', machineId)
}

/** The same on every host that the drive may be plugged into. */
export function controllerIdOf(identity: ControllerIdentity): string {
  return idOf('controller', ...nameOf(identity))
}

/**
 * A controller that was with a guest when it was first seen: nothing but its PCI function is known. A drive with a
 * serial-number capability keeps this id in another slot; one without is told by its slot on this host.
 */
export function unansweredControllerIdOf(hostId: string, pci: PciFacts): string {
  const ids = [pci.vendor, pci.device, pci.subsystemVendor, pci.subsystemDevice]
  const functionDigit = pci.topology.slice(-1) // functions of one drive may share its serial number
  const serialNumber = tellingSerialNumber(pci)
  return serialNumber === null
    ? idOf('controller-at', hostId, pci.topology, ...ids)
    : idOf('controller-pci', serialNumber, functionDigit, ...ids)
}

/** null: none that tells this drive from another. Rows that an earlier nvirt wrote may have a blank one. */
export function tellingSerialNumber({ serialNumber }: PciFacts): string | null {
  return serialNumber === null || isBlank(serialNumber) ? null : serialNumber
}

/** @param vfNumber 1-based */
export function virtualFunctionIdOf(controllerId: string, vfNumber: number): string {
  return idOf('virtual-function', controllerId, String(vfNumber))
}

/**
 * Not by its UUID: that is in the Namespace Identification Descriptor list, which a controller gives only for a namespace
 * that is attached to it, so the same namespace would be another whenever it is detached.
 * Source: NVMe Base 2.1, "Namespace Identification Descriptor list".
 */
export function namespaceIdOf(namespace: NamespaceIdentity): string {
  if (namespace.nguid !== null) return idOf('namespace-nguid', namespace.nguid)
  if (namespace.eui64 !== null) return idOf('namespace-eui64', namespace.eui64)
  return idOf('namespace', ...namespacePlace(namespace))
}

/** For the second and further claimants of one identity: they must not share a row. */
export function rivalIdOf(claimedId: string, hostId: string, place: string): string {
  return idOf('rival', claimedId, hostId, place)
}

export function namespacePlace(namespace: NamespaceIdentity): readonly string[] {
  return [namespace.subsystemNqn, namespace.serial, String(namespace.nsid)]
}

function nameOf(identity: ControllerIdentity): readonly string[] {
  return [identity.serial, identity.subsystemNqn, String(identity.cntlid)]
}

/** A scan of a big drive makes hundreds. */
function idOf(kind: string, ...fields: readonly string[]): string {
  const name = Buffer.from([kind, ...fields].join('\0'))
  const digest = hash('sha1', Buffer.concat([NVIRT, name]), 'hex')
  const variant = '89ab'.charAt(parseInt(digest.charAt(16), 16) & 3)
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `5${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-')
}
