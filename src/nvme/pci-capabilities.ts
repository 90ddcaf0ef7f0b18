/**
 * PCI Express extended capabilities in a function's configuration space.
 * Source: PCI Express Base 5.0, "Extended Configuration Space" and "Device Serial Number Extended Capability".
 */
import { fieldsOf } from './little-endian.ts'

const FIRST = 0x100
export const DEVICE_SERIAL_NUMBER = 0x0003

/**
 * Offset of an extended capability; undefined where there is none, or where only the first 256 bytes could be read.
 * A list that runs in a circle ends at the first repetition.
 */
export function findExtendedCapability(config: Uint8Array, id: number): number | undefined {
  const fields = fieldsOf(config)
  const visited = new Set<number>()
  let at = FIRST
  while (at >= FIRST && at + 4 <= config.byteLength && !visited.has(at)) {
    visited.add(at)
    const header = fields.u32(at)
    // All ones: the function does not answer. Zero: no capabilities.
    if (header === 0 || header === 0xffffffff) return undefined
    if ((header & 0xffff) === id) return at
    at = (header >>> 20) & ~3
  }
  return undefined
}

/** Sixteen hex digits, most significant first, as lspci shows them without dashes; null where absent or blank. */
export function deviceSerialNumber(config: Uint8Array): string | null {
  const at = findExtendedCapability(config, DEVICE_SERIAL_NUMBER)
  if (at === undefined || at + 12 > config.byteLength) return null
  const serialNumber = fieldsOf(config)
    .u64(at + 4)
    .toString(16)
    .padStart(16, '0')
  return isBlank(serialNumber) ? null : serialNumber
}

/** Drives that were never given one have the capability all the same, and all show the same: it tells none from another. */
export function isBlank(serialNumber: string): boolean {
  return /^(0{16}|f{16})$/.test(serialNumber)
}
