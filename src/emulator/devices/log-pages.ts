/**
 * Get Log Page (02h). Source: QEMU hw/nvme/ctrl.c, nvme_get_log and the functions it calls; NVMe Base 2.1, "Get Log Page
 * command". Compared: SMART; the rest from documents.
 */
import type { AdminCommand } from '../../kernel/call.ts'
import type { CommandTable } from './command-effects.ts'
import { errorPage } from './error-log.ts'
import { HEALTH_BYTES, healthPage } from './health-log.ts'
import type { DriveUse } from './health-log.ts'
import { sanitizeCapabilities } from './sanitize-actions.ts'
import { sanitizePage } from './sanitize.ts'
import { failed, INVALID_FIELD, succeeded } from './status.ts'
import type { Completion } from './status.ts'
import type { NvmeController } from './subsystem.ts'
import { MOST_TRANSFER_BYTES } from './transfer-size.ts'

export function getLogPage(
  controller: NvmeController,
  { nsid = 0, cdw10 = 0, cdw11 = 0, cdw12 = 0, cdw13 = 0 }: AdminCommand,
  use: DriveUse
): Completion {
  const offset = cdw13 * 2 ** 32 + cdw12
  const length = ((cdw11 & 0xffff) * 65536 + (cdw10 >>> 16) + 1) * 4
  if (offset % 4 !== 0 || length > MOST_TRANSFER_BYTES) return failed(INVALID_FIELD)
  const page = logPage(controller, cdw10 & 0xff, { nsid, offset }, use)
  if (typeof page === 'number') return failed(page)
  if (offset >= page.length) return failed(INVALID_FIELD)
  return succeeded(page.subarray(offset, offset + length))
}

/** The whole page, or the status that refuses it. */
function logPage(
  controller: NvmeController,
  id: number,
  { nsid, offset }: { readonly nsid: number; readonly offset: number },
  use: DriveUse
): Buffer | number {
  const { policy, kind } = controller
  switch (id) {
    case 0x01:
      return errorPage(controller)
    case 0x02:
      // nvme_smart_info looks at the namespace last.
      return offset >= HEALTH_BYTES ? INVALID_FIELD : healthPage(controller, nsid, use)
    case 0x03:
      return firmwarePage(controller)
    case 0x04:
      return changedNamespacesPage()
    case 0x05:
      return effectsPage(policy.commands[kind], policy.ioCommands)
    case 0x81:
      return sanitizeCapabilities(policy.erasing) === 0
        ? policy.pages.unknownLog
        : sanitizePage(controller, use.poweredOnMs)
    default:
      return policy.pages.unknownLog
  }
}

function firmwarePage({ policy, subsystem }: NvmeController): Buffer {
  const page = Buffer.alloc(512)
  page[0] = 1 // AFI: slot 1 is active
  const revision = policy.pages.firmwareSlot ?? subsystem.firmware
  page.write(revision.padEnd(8).slice(0, 8), 8, 'latin1')
  return page
}

/** Always empty when somebody asks: the driver reads it at each notice, which clears it (nvme_clear_changed_ns_log). */
function changedNamespacesPage(): Buffer {
  return Buffer.alloc(4096)
}

function effectsPage(admin: CommandTable, io: CommandTable): Buffer {
  const page = Buffer.alloc(4096)
  for (const [opcode, effects] of admin) page.writeUInt32LE(effects, 4 * opcode)
  for (const [opcode, effects] of io) page.writeUInt32LE(effects, 1024 + 4 * opcode)
  return page
}
