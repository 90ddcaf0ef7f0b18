/**
 * Fields of NVMe data structures, which are little-endian throughout. Reading past the end is a bug of the caller: a
 * structure always comes in its full length.
 * Source: NVMe Base 2.1, "Byte, Word, and Dword Relationships".
 */
export type Fields = {
  readonly u8: (offset: number) => number
  readonly u16: (offset: number) => number
  readonly u32: (offset: number) => number
  readonly u64: (offset: number) => bigint
  readonly u128: (offset: number) => bigint
  /** Space-padded ASCII, trimmed; a NUL ends it. Other bytes become `?`: a drive controls this text. */
  readonly ascii: (offset: number, length: number) => string
  /** Hex digits in the order of the bytes; null when all of them are zero. */
  readonly identifier: (offset: number, length: number) => string | null
}

export function fieldsOf(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const u64 = (offset: number) => view.getBigUint64(offset, true)
  return {
    u8: (offset) => view.getUint8(offset),
    u16: (offset) => view.getUint16(offset, true),
    u32: (offset) => view.getUint32(offset, true),
    u64,
    u128: (offset) => u64(offset) | (u64(offset + 8) << 64n),
    ascii: (offset, length) => asciiOf(bytes.subarray(offset, offset + length)),
    identifier: (offset, length) => identifierOf(bytes.subarray(offset, offset + length)),
  }
}

function asciiOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    if (byte === 0) break
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?'
  }
  return text.trim()
}

function identifierOf(bytes: Uint8Array): string | null {
  if (bytes.every((byte) => byte === 0)) return null
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
