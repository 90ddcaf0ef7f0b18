/**
 * Format NVM (80h). How long it takes is its policy's; its effect is there at the end, and nobody sees a format in
 * progress. The order of the checks is QEMU's
 * (hw/nvme/ctrl.c, nvme_format, nvme_do_format, nvme_format_check); secure erase and the format attributes: NVMe Base 2.1,
 * "Format NVM command". Compared: a bad LBA format; the rest from documents.
 */
import type { AdminCommand } from '../../kernel/call.ts'
import type { LbaFormat } from './device-policy.ts'
import { BROADCAST, isValidNsid } from './namespace-ids.ts'
import {
  failed,
  INVALID_FIELD,
  INVALID_FORMAT,
  INVALID_NAMESPACE,
  succeeded,
} from './status.ts'
import type { Completion } from './status.ts'
import { activeNamespaces } from './subsystem.ts'
import type { NvmeController, NvmeNamespace } from './subsystem.ts'

/** FNA. */
export const FORMATS_ALL = 1 << 0
export const ERASES_ALL = 1 << 1
export const CRYPTOGRAPHIC = 1 << 2
export const NO_BROADCAST = 1 << 3

/** How long the drive takes, ms. */
export function formatMs({ policy }: NvmeController, { cdw10 = 0 }: AdminCommand): number {
  const { cryptographic, everyBlock } = policy.erasing.formatMs
  return secureEraseOf(cdw10) === CRYPTOGRAPHIC_ERASE ? cryptographic : everyBlock
}

const secureEraseOf = (cdw10: number) => (cdw10 >>> 9) & 7

const NO_SECURE_ERASE = 0
const CRYPTOGRAPHIC_ERASE = 2

export function formatNvm(
  controller: NvmeController,
  { nsid = 0, cdw10 = 0 }: AdminCommand
): Completion {
  const { formatAttributes, checksSecureErase } = controller.policy.erasing
  const secureErase = secureEraseOf(cdw10)
  if (checksSecureErase && !canErase(secureErase, formatAttributes))
    return failed(INVALID_FIELD)
  const targets = targetsOf(controller, nsid, secureErase)
  if (typeof targets === 'number') return failed(targets)
  for (const namespace of targets) {
    const status = formatOne(controller, namespace, cdw10)
    if (status !== 0) return failed(status)
  }
  return succeeded()
}

function canErase(secureErase: number, attributes: number): boolean {
  if (secureErase > CRYPTOGRAPHIC_ERASE) return false
  return secureErase !== CRYPTOGRAPHIC_ERASE || (attributes & CRYPTOGRAPHIC) !== 0
}

/** What is formatted, or the status that refuses it. */
function targetsOf(
  controller: NvmeController,
  nsid: number,
  secureErase: number
): readonly NvmeNamespace[] | number {
  const { formatAttributes } = controller.policy.erasing
  const active = activeNamespaces(controller)
  if (nsid === BROADCAST) return formatAttributes & NO_BROADCAST ? INVALID_FIELD : active
  if (!isValidNsid(nsid)) return INVALID_NAMESPACE
  const namespace = active.find((one) => one.nsid === nsid)
  if (!namespace) return INVALID_FIELD
  const all = secureErase === NO_SECURE_ERASE ? FORMATS_ALL : ERASES_ALL
  return formatAttributes & all
    ? [...controller.subsystem.namespaces.values()]
    : [namespace]
}

export const MOST_PROTECTION_TYPES = 3
export const PROTECTION_BYTES = 8

function formatOne(
  { policy }: NvmeController,
  namespace: NvmeNamespace,
  cdw10: number
): number {
  // Linux has asked for extended LBA formats, so the upper two bits count.
  const index = (cdw10 & 0xf) | (((cdw10 >>> 12) & 3) << 4)
  const type = (cdw10 >>> 5) & 7
  const format = policy.erasing.lbaFormats[index]
  if (!format) return INVALID_FORMAT
  if (type !== 0 && format.metadataBytes < PROTECTION_BYTES) return INVALID_FORMAT
  if (type > MOST_PROTECTION_TYPES) return INVALID_FIELD
  setFormat(namespace, format, cdw10)
  // Also without secure erase: QEMU writes zeroes, and with other drives what was deallocated reads as zeroes.
  namespace.content.erase()
  return 0
}

function setFormat(namespace: NvmeNamespace, format: LbaFormat, cdw10: number): void {
  namespace.blockBytes = format.blockBytes
  namespace.metadataBytes = format.metadataBytes
  namespace.protection = {
    interleaved: ((cdw10 >>> 4) & 1) === 1,
    type: ((cdw10 >>> 5) & 7) | (((cdw10 >>> 8) & 1) << 3),
  }
}
