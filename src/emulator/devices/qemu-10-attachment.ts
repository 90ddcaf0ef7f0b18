/**
 * Namespace Attachment as QEMU 10.0 has it, with two bugs: what is already attached is looked up at the controller that
 * *got* the command, and a detach is not checked at all. So attaching twice succeeds and is counted twice, a namespace
 * that the asking controller has cannot be attached to another, and detaching one that nobody has runs into an assertion.
 *
 * Source: QEMU 10.0.2 hw/nvme/ctrl.c, nvme_ns_attachment, nvme_detach_ns and nvme_start_ctrl; mended in 10.1 (qemu-devel,
 * "hw/nvme: fix namespace attachment", August 2025). Compared: attaching twice, the assertion. From documents: the rest.
 */
import { addReference, dropReference, isTaken } from './attachment-rules.ts'
import type { AttachmentRules } from './attachment-rules.ts'
import { ALREADY_ATTACHED, NAMESPACE_IS_PRIVATE, NOT_ATTACHED } from './status.ts'

/** Not QEMU's answer, which is to abort with the whole machine: what the mended QEMU says. */
export const INSTEAD_OF_ABORT = NOT_ATTACHED

export const QEMU_10_ATTACHMENT: AttachmentRules = {
  atStart: 'as-it-is-enabled',
  attach: (namespace, cntlid, asking) => {
    if (namespace.attachedTo.has(asking)) return ALREADY_ATTACHED
    if (isTaken(namespace)) return NAMESPACE_IS_PRIVATE
    addReference(namespace, cntlid)
    return 0
  },
  detach: (namespace, cntlid) => {
    if (namespace.references === 0) return INSTEAD_OF_ABORT
    dropReference(namespace, cntlid)
    return 0
  },
}
