/**
 * Primary Controller Capabilities, Identify CNS 14h. All of its values are counts.
 * Source: NVMe Base 2.1, "Primary Controller Capabilities data structure"; offsets as in libnvme src/nvme/types.h.
 */
import { fieldsOf, type Fields } from './little-endian.ts'
import type { FlexiblePool, PrimaryCapabilities } from './secondary-controller.ts'

const VQ = 32
const VI = 64

export function decodePrimaryCapabilities(page: Uint8Array): PrimaryCapabilities {
  const fields = fieldsOf(page)
  const types = fields.u8(4)
  return {
    cntlid: fields.u16(0),
    vq: poolAt(fields, VQ, (types & 1) !== 0),
    vi: poolAt(fields, VI, (types & 2) !== 0),
  }
}

/** The two kinds have the same layout, 32 bytes apart. */
function poolAt(fields: Fields, base: number, supported: boolean): FlexiblePool {
  return {
    supported,
    total: fields.u32(base),
    assigned: fields.u32(base + 4),
    primary: fields.u16(base + 8),
    private: fields.u16(base + 10),
    maxPerSecondary: fields.u16(base + 12),
    granularity: fields.u16(base + 14),
  }
}
