/**
 * Builders of the admin commands that we send, as plain data in the shape of `struct nvme_passthru_cmd`. A number that
 * does not fit its field would silently change the fields beside it, so each is checked, and a misfit is a bug.
 * Source: NVMe Base 2.1, "Admin Command Set"; virtualization: "Virtualization Management command".
 */
import { encodeControllerList } from './id-lists.ts'
import { encodeNamespaceLayout, type NamespaceLayout } from './namespace-layout.ts'
import type { FlexibleKind } from './secondary-controller.ts'

export type NvmeAdminCommand = {
  readonly opcode: number
  readonly nsid?: number
  readonly cdw10?: number
  readonly cdw11?: number
  readonly cdw12?: number
  readonly cdw13?: number
  readonly cdw14?: number
  readonly dataOut?: Uint8Array
  readonly dataInLength?: number
  readonly timeoutMs?: number
}

export const OPCODE = {
  getLogPage: 0x02,
  identify: 0x06,
  getFeatures: 0x0a,
  namespaceManagement: 0x0d,
  namespaceAttachment: 0x15,
  virtualizationManagement: 0x1c,
  formatNvm: 0x80,
} as const

/** Controller or Namespace Structure of Identify. */
export const CNS = {
  namespace: 0x00,
  controller: 0x01,
  activeNamespaces: 0x02,
  namespaceDescriptors: 0x03,
  allocatedNamespaces: 0x10,
  allocatedNamespace: 0x11,
  attachedControllers: 0x12,
  controllers: 0x13,
  primaryCapabilities: 0x14,
  secondaryList: 0x15,
} as const

export const IDENTIFY_LENGTH = 4096
export const SMART_LENGTH = 512
export const EFFECTS_LENGTH = 4096
export const ALL_NAMESPACES = 0xffffffff

/** Action of Virtualization Management. `allocate`: Primary Controller Flexible Allocation. */
export const ACT = { allocate: 1, offline: 7, assign: 8, online: 9 } as const
export const RESOURCE_TYPE: Readonly<Record<FlexibleKind, number>> = { vq: 0, vi: 1 }

export const SEL = { attach: 0, detach: 1 } as const
/** Of Namespace Management, which has a SEL of its own. */
export const MANAGE = { create: 0, delete: 1 } as const
export const FEATURE = { numberOfQueues: 0x07 } as const

/** @param cntid first controller of a list (CNS 12h, 13h, 15h) */
export function identify(
  cns: number,
  { nsid = 0, cntid = 0 }: { readonly nsid?: number; readonly cntid?: number } = {}
): NvmeAdminCommand {
  fits('CNS', cns, 0xff)
  fits('NSID', nsid, 0xffffffff)
  fits('CNTID', cntid, 0xffff)
  const cdw10 = (cntid << 16) | cns
  return {
    opcode: OPCODE.identify,
    nsid,
    cdw10: cdw10 >>> 0,
    dataInLength: IDENTIFY_LENGTH,
  }
}

/** SMART / Health Information of the whole controller. */
export function getSmartLog(): NvmeAdminCommand {
  return { ...getLogPage(0x02, SMART_LENGTH), nsid: ALL_NAMESPACES }
}

/** Commands Supported and Effects, of the NVM command set. */
export function getEffectsLog(): NvmeAdminCommand {
  return getLogPage(0x05, EFFECTS_LENGTH)
}

function getLogPage(id: number, length: number): NvmeAdminCommand {
  const dwords = length / 4 - 1 // 0's based
  const cdw10 = ((dwords << 16) | id) >>> 0
  return { opcode: OPCODE.getLogPage, cdw10, dataInLength: length }
}

/** Current value; the answer is in completion dword 0. */
export function getFeatures(feature: number): NvmeAdminCommand {
  fits('FID', feature, 0xff)
  return { opcode: OPCODE.getFeatures, cdw10: feature }
}

export type VirtualizationAction =
  | { readonly act: 'offline' | 'online'; readonly cntlid: number }
  | {
      /** `allocate`: to the primary itself, whose cntlid it is; in force from its next reset other than a Controller Reset. */
      readonly act: 'assign' | 'allocate'
      readonly cntlid: number
      readonly resource: FlexibleKind
      /** Absolute, not a difference. */
      readonly count: number
    }

/** Sent to the primary. */
export function virtualizationManagement(action: VirtualizationAction): NvmeAdminCommand {
  fits('CNTLID', action.cntlid, 0xffff)
  // RT stays 0 unless resources move: QEMU checks it for every action (hw/nvme/ctrl.c, nvme_virt_mngmt).
  const [rt, nr] =
    'resource' in action ? [RESOURCE_TYPE[action.resource], action.count] : [0, 0]
  fits('NR', nr, 0xffff)
  const cdw10 = (action.cntlid << 16) | (rt << 8) | ACT[action.act]
  return { opcode: OPCODE.virtualizationManagement, cdw10: cdw10 >>> 0, cdw11: nr }
}

/** One namespace, since a broadcast would expose data; and 1 to 2,047 controllers: an empty list is refused (SC 11Ch). */
export function namespaceAttachment(
  select: keyof typeof SEL,
  nsid: number,
  cntlids: readonly number[]
): NvmeAdminCommand {
  fits('NSID', nsid, ALL_NAMESPACES - 2, 1)
  for (const cntlid of cntlids) fits('CNTLID', cntlid, 0xffff)
  return {
    opcode: OPCODE.namespaceAttachment,
    nsid,
    cdw10: SEL[select],
    dataOut: encodeControllerList(cntlids),
  }
}

/** Drives take their time to find room, and to free it; the kernel would otherwise reset the controller after a minute. */
const MANAGEMENT_TIMEOUT_MS = 600_000

/** Its NSID is in completion dword 0, and it is attached to nobody. */
export function createNamespace(layout: NamespaceLayout): NvmeAdminCommand {
  return {
    opcode: OPCODE.namespaceManagement,
    cdw10: MANAGE.create,
    dataOut: encodeNamespaceLayout(layout),
    timeoutMs: MANAGEMENT_TIMEOUT_MS,
  }
}

/** One. NSID FFFFFFFFh, which is all of them, does not fit. */
export function deleteNamespace(nsid: number): NvmeAdminCommand {
  fits('NSID', nsid, ALL_NAMESPACES - 2, 1)
  return {
    opcode: OPCODE.namespaceManagement,
    nsid,
    cdw10: MANAGE.delete,
    timeoutMs: MANAGEMENT_TIMEOUT_MS,
  }
}

/** Secure Erase Settings of Format NVM. */
export const SES = { 'user-data': 1, cryptographic: 2 } as const

export type SecureErase = keyof typeof SES

/** As Identify Namespace tells it now, all of which a Format would otherwise change. */
export type CurrentFormat = {
  /** Index of the LBA format, 0 to 63. */
  readonly formatIndex: number
  readonly metadataInterleaved: boolean
  /** End-to-end protection: type 0 (none) to 3, and whether it is first in the metadata. */
  readonly protection: { readonly type: number; readonly first: boolean }
}

/** Hours, for a drive that writes every block; the kernel would otherwise reset the controller after a minute. */
const FORMAT_TIMEOUT_MS = 24 * 3_600_000

/** One namespace, erased, otherwise as it is. NSID FFFFFFFFh, which is all of them, does not fit. */
export function formatNvm(
  nsid: number,
  current: CurrentFormat,
  secureErase: SecureErase
): NvmeAdminCommand {
  const { formatIndex, metadataInterleaved, protection } = current
  fits('NSID', nsid, ALL_NAMESPACES - 2, 1)
  fits('LBAF', formatIndex, 63)
  fits('PI', protection.type, 3)
  const cdw10 =
    (formatIndex & 0xf) |
    (Number(metadataInterleaved) << 4) |
    (protection.type << 5) |
    (Number(protection.first) << 8) |
    (SES[secureErase] << 9) |
    ((formatIndex >> 4) << 12)
  return { opcode: OPCODE.formatNvm, nsid, cdw10, timeoutMs: FORMAT_TIMEOUT_MS }
}

function fits(field: string, value: number, most: number, least = 0): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new RangeError(`${field} is ${value}, outside ${least} to ${most}`)
}
