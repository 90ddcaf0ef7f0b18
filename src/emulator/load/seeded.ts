/** Numbers that look random and are always the same for the same seed. */

const OFFSET = 0x811c9dc5
const PRIME = 0x01000193
const MOST_ASCII = 0x7f

/** 32-bit hash of a text's UTF-8 (FNV-1a). Most are ASCII, whose characters are their bytes. */
export function seedOf(text: string): number {
  let hash = OFFSET
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > MOST_ASCII) return seedOfBytes(Buffer.from(text))
    hash = Math.imul(hash ^ code, PRIME)
  }
  return hash >>> 0
}

function seedOfBytes(bytes: Uint8Array): number {
  let hash = OFFSET
  for (const byte of bytes) hash = Math.imul(hash ^ byte, PRIME)
  return hash >>> 0
}

/** A number from 0 up to but not 1, from three integers (the finalizer of MurmurHash3). */
export function fraction(seed: number, a: number, b: number): number {
  let hash = drawn(seed | 0) ^ Math.imul(a | 0, 0x9e3779b1)
  hash = drawn(hash) ^ Math.imul(b | 0, 0x85ebca77)
  return (drawn(hash) >>> 0) / 2 ** 32
}

/** Scales what `drawn` gives to -1 up to but not 1. */
export const UNIT = 2 ** -31

/** 32 bits, signed, that look random (the finalizer of MurmurHash3). */
export function drawn(key: number): number {
  let hash = Math.imul(key ^ (key >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
