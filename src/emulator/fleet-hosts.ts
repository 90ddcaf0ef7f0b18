/**
 * The hosts of a fleet one by one. An entry with a `count` stands for that many, numbered from 1: `{n}` in the host's name
 * and in its drives' NQNs and serial numbers becomes the number; other ids are made of what the entry gives and the
 * number. So host 7 is the same host whatever the count is.
 */
import { createHash } from 'node:crypto'
import type {
  ControllerDescription,
  FleetDescription,
  HostDescription,
  HostEntry,
  NamespaceDescription,
  SubsystemDescription,
} from './fleet.ts'

export type FleetHost = {
  readonly name: string
  readonly entry: HostEntry
  /** Made anew with each call: ten thousand are not kept. */
  readonly describe: () => HostDescription
}

export const NUMBER = '{n}'

export function hostsOf(fleet: FleetDescription): readonly FleetHost[] {
  return fleet.hosts.flatMap(hostsOfEntry)
}

function hostsOfEntry(entry: HostEntry): readonly FleetHost[] {
  const { count, ...host } = entry
  if (count === undefined) return [{ name: host.name, entry, describe: () => host }]
  return Array.from({ length: count }, (_, i) => ({
    name: numbered(host.name, i + 1),
    entry,
    describe: () => numberedHost(host, i + 1),
  }))
}

/** @param n from 1 */
export function numbered(text: string, n: number): string {
  return text.replaceAll(NUMBER, String(n))
}

function numberedHost(host: HostDescription, n: number): HostDescription {
  const subsystems = host.subsystems.map((one) => numberedDrive(one, n))
  return { ...host, name: numbered(host.name, n), subsystems }
}

function numberedDrive(drive: SubsystemDescription, n: number): SubsystemDescription {
  return {
    ...drive,
    nqn: numbered(drive.nqn, n),
    serial: numbered(drive.serial, n),
    controllers: drive.controllers.map((one) => numberedController(one, n)),
    namespaces: drive.namespaces.map((one) => numberedNamespace(one, n)),
  }
}

function numberedController(
  controller: ControllerDescription,
  n: number
): ControllerDescription {
  const { deviceSerialNumber: id } = controller
  return id === undefined ? controller : { ...controller, deviceSerialNumber: ownId(id, n) }
}

function numberedNamespace(
  namespace: NamespaceDescription,
  n: number
): NamespaceDescription {
  const { nguid, eui64, uuid } = namespace
  return {
    ...namespace,
    ...(nguid !== undefined && { nguid: ownId(nguid, n) }),
    ...(eui64 !== undefined && { eui64: ownId(eui64, n) }),
    ...(uuid !== undefined && { uuid: ownUuid(uuid, n) }),
  }
}

/** Begins as the given one does, which may be the vendor's OUI. */
const KEPT_DIGITS = 6

function ownId(id: string, n: number): string {
  const digest = createHash('sha256').update(`${id} ${n}`).digest('hex')
  return id.slice(0, KEPT_DIGITS) + digest.slice(KEPT_DIGITS, id.length)
}

/** Version and variant stay: RFC 9562, "UUID Format". */
function ownUuid(uuid: string, n: number): string {
  const own = ownId(uuid, n)
  return (
    own.slice(0, 12) +
    uuid.slice(12, 13) +
    own.slice(13, 16) +
    uuid.slice(16, 17) +
    own.slice(17)
  )
}
