/** Namespace Attachment (15h). The order of the checks is QEMU's (hw/nvme/ctrl.c, nvme_ns_attachment). Compared. */
import type { AdminCommand } from '../../kernel/call.ts'
import { isValidNsid } from './namespace-ids.ts'
import {
  CONTROLLER_LIST_INVALID,
  failed,
  INVALID_FIELD,
  INVALID_NAMESPACE,
  succeeded,
} from './status.ts'
import type { Completion } from './status.ts'
import type { NvmeController, NvmeNamespace } from './subsystem.ts'

const ATTACH = 0
const DETACH = 1
const MOST_CONTROLLERS = 2047

/**
 * Who has the command may attach anything to anybody, and QEMU's VFs have it: no privilege is known here. Controllers
 * before the failing one in the list keep what was done to them, which the specification leaves open.
 */
export function namespaceAttachment(
  controller: NvmeController,
  { nsid = 0, cdw10 = 0, dataOut }: AdminCommand
): Completion {
  const { subsystem, policy } = controller
  if (!isValidNsid(nsid)) return failed(INVALID_NAMESPACE)
  const scope = policy.pages.ofSubsystem(subsystem.multiController)
  const namespace = scope === 'everything' ? subsystem.namespaces.get(nsid) : undefined
  if (!namespace) return failed(INVALID_FIELD)
  const cntlids = controllerList(dataOut ?? new Uint8Array(0))
  if (cntlids.length === 0) return failed(CONTROLLER_LIST_INVALID)
  for (const cntlid of cntlids) {
    if (!subsystem.controllers.has(cntlid)) return failed(CONTROLLER_LIST_INVALID)
    const status = changeOne(controller, namespace, cntlid, cdw10 & 0xf)
    if (status !== 0) return failed(status)
  }
  return succeeded()
}

function changeOne(
  { policy, cntlid: asking }: NvmeController,
  namespace: NvmeNamespace,
  cntlid: number,
  select: number
): number {
  switch (select) {
    case ATTACH:
      return policy.attachment.attach(namespace, cntlid, asking)
    case DETACH:
      return policy.attachment.detach(namespace, cntlid)
    default:
      return INVALID_FIELD
  }
}

/** Source: NVMe Base 2.1, "Controller List": a count, then that many 16-bit identifiers. */
function controllerList(data: Uint8Array): readonly number[] {
  if (data.byteLength < 2) return []
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const room = Math.floor(data.byteLength / 2) - 1
  const count = Math.min(view.getUint16(0, true), MOST_CONTROLLERS, room)
  return Array.from({ length: count }, (_, i) => view.getUint16(2 + 2 * i, true))
}
