/**
 * The fields of an admin command that changes something, by the specification's names. Knows what `admin-commands.ts`
 * builds of those.
 * Source: NVMe Base 2.1, "Virtualization Management command", "Namespace Management command", "Namespace Attachment
 * command", "Format NVM command".
 */
import { OPCODE, type NvmeAdminCommand } from './admin-commands.ts'

/** Numbers as they are sent. Empty: a command that is not known here. */
export function commandFields(command: NvmeAdminCommand): Readonly<Record<string, number>> {
  const { opcode, nsid = 0, cdw10 = 0, cdw11 = 0 } = command
  const bits = (high: number, low: number) => (cdw10 >>> low) & (2 ** (high - low + 1) - 1)
  switch (opcode) {
    case OPCODE.virtualizationManagement:
      return { CNTLID: bits(31, 16), RT: bits(10, 8), ACT: bits(3, 0), NR: cdw11 & 0xffff }
    case OPCODE.namespaceManagement:
      return { NSID: nsid, SEL: bits(3, 0), CSI: cdw11 >>> 24 }
    case OPCODE.namespaceAttachment:
      return { NSID: nsid, SEL: bits(3, 0) }
    case OPCODE.formatNvm:
      return {
        NSID: nsid,
        LBAFU: bits(13, 12),
        SES: bits(11, 9),
        PIL: bits(8, 8),
        PI: bits(7, 5),
        MSET: bits(4, 4),
        LBAFL: bits(3, 0),
      }
    default:
      return {}
  }
}
