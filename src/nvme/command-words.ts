/** An admin command in words, for reports, journals and transcripts. Knows what `admin-commands.ts` builds. */
import { ACT, MANAGE, OPCODE, SES, type NvmeAdminCommand } from './admin-commands.ts'
import { decodeControllerList } from './id-lists.ts'
import { decodeNamespaceLayout } from './namespace-layout.ts'

export function commandInWords(command: NvmeAdminCommand): string {
  const cdw10 = command.cdw10 ?? 0
  switch (command.opcode) {
    case OPCODE.identify:
      return `Identify CNS ${hex(cdw10 & 0xff)}${ofNamespace(command)}`
    case OPCODE.getLogPage:
      return `Get Log Page ${hex(cdw10 & 0xff)}`
    case OPCODE.getFeatures:
      return `Get Features ${hex(cdw10 & 0xff)}`
    case OPCODE.namespaceManagement:
      return managementInWords(command, cdw10)
    case OPCODE.namespaceAttachment:
      return attachmentInWords(command, cdw10)
    case OPCODE.formatNvm:
      return formatInWords(command, cdw10)
    case OPCODE.virtualizationManagement:
      return virtualizationInWords(cdw10, command.cdw11 ?? 0)
    default:
      return `admin command ${hex(command.opcode)}`
  }
}

function managementInWords({ nsid, dataOut }: NvmeAdminCommand, cdw10: number): string {
  if ((cdw10 & 0xf) === MANAGE.delete) return `delete namespace ${nsid}`
  const blocks = dataOut && decodeNamespaceLayout(dataOut).sizeBlocks
  return `create a namespace of ${blocks} blocks`
}

function formatInWords({ nsid }: NvmeAdminCommand, cdw10: number): string {
  const kind = ((cdw10 >> 9) & 7) === SES.cryptographic ? 'cryptographic' : 'user data'
  return `format namespace ${nsid} with ${kind} erase`
}

function ofNamespace({ nsid = 0 }: NvmeAdminCommand): string {
  return nsid === 0 ? '' : ` of namespace ${nsid}`
}

function attachmentInWords(command: NvmeAdminCommand, select: number): string {
  const cntlids = command.dataOut ? decodeControllerList(command.dataOut) : []
  const controllers = `controller${cntlids.length > 1 ? 's' : ''} ${cntlids.join(', ')}`
  return (select & 0xf) === 0
    ? `attach namespace ${command.nsid} to ${controllers}`
    : `detach namespace ${command.nsid} from ${controllers}`
}

function virtualizationInWords(cdw10: number, count: number): string {
  const cntlid = cdw10 >>> 16
  const resource = ((cdw10 >> 8) & 7) === 0 ? 'VQ' : 'VI'
  switch (cdw10 & 0xf) {
    case ACT.allocate:
      return `allocate ${count} ${resource} to primary controller ${cntlid}`
    case ACT.offline:
      return `take controller ${cntlid} offline`
    case ACT.assign:
      return `assign ${count} ${resource} to controller ${cntlid}`
    case ACT.online:
      return `bring controller ${cntlid} online`
    default:
      return `Virtualization Management action ${cdw10 & 0xf} on controller ${cntlid}`
  }
}

const hex = (n: number) => `${n.toString(16).toUpperCase().padStart(2, '0')}h`
