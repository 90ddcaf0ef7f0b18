/**
 * What a namespace is made of: what Identify Namespace tells of it, and what Namespace Management is given to create such
 * a one. Both structures have these fields at the same places. Pure.
 * Source: NVMe Base 2.1, "Namespace Management command"; NVM Command Set 1.0, "Namespace Management – Data Structure" and
 * "Identify Namespace Data Structure"; offsets as in libnvme src/nvme/types.h (nvme_ns_mgmt_host_sw_specified).
 */
import { isDeepStrictEqual } from 'node:util'
import { fieldsOf } from './little-endian.ts'

/** In logical blocks; raw fields as they are given back. Storage tag masks are not among them: nvirt knows no drive with any. */
export type NamespaceLayout = {
  readonly sizeBlocks: number
  /** Less than the size: thin provisioned. */
  readonly capacityBlocks: number
  /** FLBAS: index of the LBA format, and whether metadata is interleaved. */
  readonly formatByte: number
  /** DPS: end-to-end protection. */
  readonly protectionByte: number
  /** NMIC bit 0. */
  readonly shared: boolean
  readonly anaGroup: number
  readonly nvmSet: number
  readonly enduranceGroup: number
}

/** As a drive lists it among those that are allocated. */
export type AllocatedNamespace = {
  readonly nsid: number
  /** Hex; null where the drive gives none. */
  readonly nguid: string | null
  readonly eui64: string | null
  readonly layout: NamespaceLayout
  /** Controllers that it is attached to. */
  readonly cntlids: readonly number[]
}

type NamedNamespace = Pick<AllocatedNamespace, 'nsid' | 'nguid' | 'eui64'>

/** Not only its nsid, which another one gets once it is deleted. */
export function isSameNamespace(one: NamedNamespace, other: NamedNamespace): boolean {
  return one.nsid === other.nsid && one.nguid === other.nguid && one.eui64 === other.eui64
}

/** Of a page of Identify Namespace that is not all zeroes. */
export function decodeNamespaceLayout(page: Uint8Array): NamespaceLayout {
  const fields = fieldsOf(page)
  return {
    sizeBlocks: Number(fields.u64(0)),
    capacityBlocks: Number(fields.u64(8)),
    formatByte: fields.u8(26),
    protectionByte: fields.u8(29),
    shared: (fields.u8(30) & 1) === 1,
    anaGroup: fields.u32(92),
    nvmSet: fields.u16(100),
    enduranceGroup: fields.u16(102),
  }
}

const DATA_BYTES = 4096

/** @throws RangeError of a number that its field does not hold */
export function encodeNamespaceLayout(layout: NamespaceLayout): Uint8Array {
  const page = new Uint8Array(DATA_BYTES)
  const view = new DataView(page.buffer)
  const put = (offset: number, bytes: 1 | 2 | 4, value: number) => {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * bytes))
      throw new RangeError(`byte ${offset} of a namespace is ${value}`)
    for (let at = 0; at < bytes; at++)
      view.setUint8(offset + at, Math.floor(value / 2 ** (8 * at)) & 0xff)
  }
  view.setBigUint64(0, BigInt(layout.sizeBlocks), true)
  view.setBigUint64(8, BigInt(layout.capacityBlocks), true)
  put(26, 1, layout.formatByte)
  put(29, 1, layout.protectionByte)
  put(30, 1, Number(layout.shared))
  put(92, 4, layout.anaGroup)
  put(100, 2, layout.nvmSet)
  put(102, 2, layout.enduranceGroup)
  return page
}

/**
 * Those that may have been created: of this layout, and attached to nobody else. A namespace that somebody else created
 * in the meantime, as large and attached to nobody, cannot be told from them.
 *
 * @param found those that were not there before
 * @param own cntlid to which it may be attached already
 * @returns ascending by nsid
 */
export function createdAmong(
  found: readonly AllocatedNamespace[],
  layout: NamespaceLayout,
  own: number
): readonly AllocatedNamespace[] {
  return found
    .filter(
      (one) =>
        isDeepStrictEqual(one.layout, layout) && one.cntlids.every((id) => id === own)
    )
    .toSorted((a, b) => a.nsid - b.nsid)
}
