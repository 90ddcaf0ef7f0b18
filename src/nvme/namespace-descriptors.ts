/**
 * Namespace Identification Descriptor list, CNS 03h: the one place that has the UUID.
 * Source: NVMe Base 2.1, "Namespace Identification Descriptor".
 */
import { fieldsOf } from './little-endian.ts'

export type NamespaceDescriptors = {
  readonly eui64: string | null
  readonly nguid: string | null
  readonly uuid: string | null
}

/** Namespace Identifier Type, and the length that each must have. */
const TYPES = {
  1: { name: 'eui64', length: 8 },
  2: { name: 'nguid', length: 16 },
  3: { name: 'uuid', length: 16 },
} as const

/** Descriptors of other types (command set identifier) are passed over; a length of zero ends the list. */
export function decodeNamespaceDescriptors(page: Uint8Array): NamespaceDescriptors {
  const fields = fieldsOf(page)
  const found: { eui64: string | null; nguid: string | null; uuid: string | null } = {
    eui64: null,
    nguid: null,
    uuid: null,
  }
  let at = 0
  while (at + 4 <= page.byteLength) {
    const type = fields.u8(at)
    const length = fields.u8(at + 1)
    if (type === 0 || length === 0 || at + 4 + length > page.byteLength) break
    const known = TYPES[type as keyof typeof TYPES] as (typeof TYPES)[1 | 2 | 3] | undefined
    if (known?.length === length) found[known.name] = fields.identifier(at + 4, length)
    at += 4 + length
  }
  return found
}
