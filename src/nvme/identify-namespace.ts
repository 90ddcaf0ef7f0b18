/**
 * Identify Namespace of the NVM command set, CNS 00h (active) and 11h (allocated): what we use of it.
 * Source: NVM Command Set 1.0, "Identify Namespace Data Structure"; offsets as in libnvme src/nvme/types.h.
 */
import { fieldsOf, type Fields } from './little-endian.ts'

export type IdentifyNamespace = {
  readonly sizeBlocks: bigint
  readonly sizeBytes: bigint
  readonly blockBytes: number
  /** Metadata of each block. */
  readonly metadataBytes: number
  /** Index of the current LBA format. */
  readonly formatIndex: number
  readonly metadataInterleaved: boolean
  /** DPS: type 0 (none) to 3, and whether it is first in the metadata. */
  readonly protection: { readonly type: number; readonly first: boolean }
  readonly shared: boolean
  /** Hex in the order of the bytes, as they are printed; null when the drive gives none. */
  readonly nguid: string | null
  readonly eui64: string | null
}

/** undefined: all zeroes, which says that the id is valid and not active (or not allocated). */
export function decodeIdentifyNamespace(page: Uint8Array): IdentifyNamespace | undefined {
  const fields = fieldsOf(page)
  const sizeBlocks = fields.u64(0)
  if (sizeBlocks === 0n) return undefined
  const formatIndex = formatIndexOf(fields)
  const lbaFormat = 128 + 4 * formatIndex
  const shift = fields.u8(lbaFormat + 2)
  return {
    sizeBlocks,
    sizeBytes: sizeBlocks << BigInt(shift),
    blockBytes: 2 ** shift,
    metadataBytes: fields.u16(lbaFormat),
    formatIndex,
    metadataInterleaved: ((fields.u8(26) >> 4) & 1) === 1,
    protection: { type: fields.u8(29) & 7, first: ((fields.u8(29) >> 3) & 1) === 1 },
    shared: (fields.u8(30) & 1) === 1,
    nguid: fields.identifier(104, 16),
    eui64: fields.identifier(120, 8),
  }
}

/** FLBAS has its upper two bits beside a flag; they count only where a drive has more than 16 formats (NLBAF, 0's based). */
function formatIndexOf(fields: Fields): number {
  const flbas = fields.u8(26)
  const low = flbas & 0xf
  return fields.u8(25) > 15 ? (((flbas >> 5) & 3) << 4) | low : low
}
