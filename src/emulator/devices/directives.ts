/**
 * Directive Receive (1Ah) of a drive that has no directive but Identify. Source: QEMU 10 hw/nvme/ctrl.c,
 * nvme_directive_receive; Directive Send is refused there. From documents.
 */
import type { AdminCommand } from '../../kernel/call.ts'
import { failed, INVALID_FIELD, succeeded } from './status.ts'
import type { Completion } from './status.ts'
import { activeNamespaces } from './subsystem.ts'
import type { NvmeController } from './subsystem.ts'

const IDENTIFY_DIRECTIVE = 0
const RETURN_PARAMETERS = 1
const PARAMETERS_BYTES = 4096
const ENABLED_AT = 32

export function directiveReceive(
  controller: NvmeController,
  { nsid = 0, cdw10 = 0, cdw11 = 0 }: AdminCommand
): Completion {
  const operation = cdw11 & 0xff
  const type = (cdw11 >>> 8) & 0xff
  const active = activeNamespaces(controller).some((namespace) => namespace.nsid === nsid)
  if (type !== IDENTIFY_DIRECTIVE || operation !== RETURN_PARAMETERS || !active)
    return failed(INVALID_FIELD)
  const data = Buffer.alloc(PARAMETERS_BYTES)
  data[0] = 1
  data[ENABLED_AT] = 1
  return succeeded(data.subarray(0, (cdw10 + 1) * 4))
}
