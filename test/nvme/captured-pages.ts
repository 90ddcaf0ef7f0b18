/**
 * Identify pages of QEMU 7.2's SR-IOV controller (8 VFs, VQFRT 32, VIFRT 24), as read by ioctl from Linux 6.1, with 4 VQ
 * and 2 VI assigned; and builders for pages of our own.
 */

/** CNS 14h, first 80 bytes; the rest is zero. */
export const PRIMARY_CAPABILITIES = page(`
  00 00 00 00 03 00 00 00  00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
  20 00 00 00 04 00 00 00  00 00 03 00 08 00 01 00
  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
  18 00 00 00 02 00 00 00  00 00 09 00 06 00 01 00`)

/** CNS 15h, cut to its first two entries: controller 1 is offline and holds 2 VI, controller 2 nothing. */
export const SECONDARY_LIST = page(`
  02 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
  01 00 00 00 00 00 00 00  01 00 00 00 02 00 00 00
  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
  02 00 00 00 00 00 00 00  02 00 00 00 00 00 00 00`)

/** A page of 4096 bytes that begins with these, in hex. */
export function page(hex: string): Uint8Array {
  const bytes = new Uint8Array(4096)
  bytes.set(Buffer.from(hex.replace(/\s/g, ''), 'hex'))
  return bytes
}

export type Patch = {
  readonly at: number
  readonly bytes: Uint8Array | readonly number[] | string
}

/** A page of `length` bytes, zero but for the patches. Text is ASCII. */
export function patched(length: number, ...patches: readonly Patch[]): Uint8Array {
  const bytes = new Uint8Array(length)
  for (const { at, bytes: patch } of patches) {
    bytes.set(typeof patch === 'string' ? Buffer.from(patch, 'latin1') : patch, at)
  }
  return bytes
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff)
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return bytes
}
