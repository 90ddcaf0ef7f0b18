/**
 * Identify Controller (CNS 01h): what all emulated drives say alike, which is what QEMU says (hw/nvme/ctrl.c,
 * nvme_init_ctrl), and what the device's policy adds. Offsets: NVMe Base 2.1, "Identify Controller Data Structure".
 */
import { WARNING_K } from './features.ts'
import { MAX_NAMESPACES } from './namespace-ids.ts'
import { OPCODE } from './opcodes.ts'
import { sanitizeCapabilities } from './sanitize-actions.ts'
import { MDTS } from './transfer-size.ts'
import { unallocatedBytes } from './subsystem.ts'
import type { NvmeController } from './subsystem.ts'

export const IDENTIFY_LENGTH = 4096
const CRITICAL_K = 0x175

export function identifyController(controller: NvmeController): Uint8Array {
  const { subsystem } = controller
  const data = Buffer.alloc(IDENTIFY_LENGTH)
  data.writeUInt16LE(subsystem.vendor, 0)
  data.writeUInt16LE(controller.subsystemVendor, 2)
  data.write(subsystem.serial.padEnd(20).slice(0, 20), 4, 'latin1')
  data.write(subsystem.model.padEnd(40).slice(0, 40), 24, 'latin1')
  data.write(subsystem.firmware.padEnd(8).slice(0, 8), 64, 'latin1')
  writeAbilities(data, controller)
  writeLimits(data, controller)
  writeCapacity(data, controller)
  data.write(subsystem.nqn, 768, 255, 'utf8')
  return data
}

const SEVERAL_CONTROLLERS = 0b010
const VIRTUAL_FUNCTION = 0b100

function writeAbilities(data: Buffer, controller: NvmeController): void {
  const { policy, kind, subsystem } = controller
  const { identity, pages } = policy
  const tells = identity.tellsVirtualFunctions && kind === 'secondary'
  data[72] = 6 // RAB
  data.set(identity.oui, 73)
  data[76] =
    (subsystem.multiController ? SEVERAL_CONTROLLERS : 0) | (tells ? VIRTUAL_FUNCTION : 0)
  data[77] = MDTS
  data.writeUInt16LE(controller.cntlid, 78)
  data.writeUInt32LE(identity.version, 80)
  data.writeUInt32LE(1 << 8, 92) // OAES: namespace attribute notices
  data.writeUInt32LE(identity.attributes, 96)
  data[111] = 1 // CNTRLTYPE: I/O controller
  data.writeUInt16LE(identity.optionalCommands[kind], 256)
  data[258] = 3 // ACL
  data[259] = 3 // AERL
  data[260] = 0b11 // FRMW: one slot, read only
  data[261] = 0b111 // LPA: SMART per namespace, effects log, extended data
  data[262] = (pages.errorEntries ?? 1) - 1 // ELPE
}

function writeLimits(data: Buffer, { policy, kind }: NvmeController): void {
  data.writeUInt16LE(WARNING_K, 266)
  data.writeUInt16LE(CRITICAL_K, 268)
  if (policy.commands[kind].has(OPCODE.sanitize))
    data.writeUInt32LE(sanitizeCapabilities(policy.erasing), 328)
  data[512] = 0x66 // SQES
  data[513] = 0x44 // CQES
  data.writeUInt32LE(MAX_NAMESPACES, 516)
  data.writeUInt16LE(policy.identity.optionalIoCommands, 520)
  data[524] = policy.erasing.formatAttributes
  data[525] = 0b111 // VWC: present, flush with broadcast NSID
  data.writeUInt16LE(policy.identity.copyFormats, 534)
  data.writeUInt32LE(1, 536) // SGLS
  data.writeUInt16LE(0x9c4, 2048) // PSD 0: 25 W
  data.writeUInt32LE(0x10, 2052)
  data.writeUInt32LE(0x4, 2056)
}

/** QEMU leaves both at 0: it has no namespace creation that could use capacity. */
function writeCapacity(data: Buffer, { policy, subsystem }: NvmeController): void {
  if (!policy.identity.tellsCapacity) return
  data.writeBigUInt64LE(BigInt(subsystem.capacityBytes), 280) // TNVMCAP
  data.writeBigUInt64LE(BigInt(unallocatedBytes(subsystem)), 296) // UNVMCAP
}
