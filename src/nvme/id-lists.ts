/**
 * Lists of namespace ids (Identify CNS 02h, 10h) and of controllers (CNS 12h, 13h; data of Namespace Attachment).
 * Source: NVMe Base 2.1, "Namespace List" and "Controller List".
 */
import { fieldsOf } from './little-endian.ts'

/** Most entries that one page holds. A full page may have a successor, asked for from its last id on. */
export const NAMESPACES_PER_PAGE = 1024
export const CONTROLLERS_PER_PAGE = 2047

/** Ascending; a zero ends the list. */
export function decodeNamespaceList(page: Uint8Array): readonly number[] {
  const fields = fieldsOf(page)
  const nsids: number[] = []
  for (let offset = 0; offset + 4 <= page.byteLength; offset += 4) {
    const nsid = fields.u32(offset)
    if (nsid === 0) break
    nsids.push(nsid)
  }
  return nsids
}

/** Ascending. A count beyond the page is cut to it. */
export function decodeControllerList(page: Uint8Array): readonly number[] {
  const fields = fieldsOf(page)
  const room = Math.floor(page.byteLength / 2) - 1
  const count = Math.min(fields.u16(0), room, CONTROLLERS_PER_PAGE)
  return Array.from({ length: count }, (_, i) => fields.u16(2 + 2 * i))
}

/** 4096 bytes. @throws RangeError on an empty list, or one with more than 2047 controllers */
export function encodeControllerList(cntlids: readonly number[]): Uint8Array {
  if (cntlids.length === 0 || cntlids.length > CONTROLLERS_PER_PAGE) {
    throw new RangeError(`a controller list of ${cntlids.length} controllers`)
  }
  const page = new Uint8Array(4096)
  const view = new DataView(page.buffer)
  const ascending = [...cntlids].sort((a, b) => a - b)
  view.setUint16(0, ascending.length, true)
  for (const [i, cntlid] of ascending.entries()) view.setUint16(2 + 2 * i, cntlid, true)
  return page
}
