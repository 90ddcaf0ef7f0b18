/**
 * The hosts of a fleet one by one. An entry with a `count` stands for that many, numbered from 1: `{n}` in the host's name
 * and in its drives' NQNs and serial numbers becomes the number; other ids are made of what the entry gives and the
 * number. So host 7 is the same host whatever the count is.
 */
import { createHash } from 'node:crypto'
import type { FleetDescription, HostDescription, HostEntry } from './fleet.ts'

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
    describe: () => numberedFields<HostDescription>(host, i + 1),
  }))
}

/** @param n from 1 */
export function numbered(text: string, n: number): string {
  return text.replaceAll(NUMBER, String(n))
}

/** Ids are known by their fields' names, wherever they stand. */
function numberedFields<T extends object>(described: T, n: number): T {
  const fields = Object.entries(described).map(
    ([name, value]: [string, unknown]) => [name, numberedField(name, value, n)] as const
  )
  return Object.fromEntries(fields) as T // the same fields, of the same types
}

function numberedField(name: string, value: unknown, n: number): unknown {
  if (typeof value === 'string') return OWN_TEXTS[name]?.(value, n) ?? value
  if (Array.isArray(value)) return value.map((item) => numberedField('', item, n))
  return typeof value === 'object' && value !== null ? numberedFields(value, n) : value
}

const OWN_TEXTS: Readonly<
  Record<string, ((text: string, n: number) => string) | undefined>
> = {
  name: numbered,
  nqn: numbered,
  serial: numbered,
  deviceSerialNumber: ownId,
  nguid: ownId,
  eui64: ownId,
  uuid: ownUuid,
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
