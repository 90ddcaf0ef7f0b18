/** Who may be attached to what: rules that devices choose from. QEMU 10 has its own (qemu-10-attachment.ts). */
import { ALREADY_ATTACHED, NAMESPACE_IS_PRIVATE, NOT_ATTACHED } from './status.ts'

export type Attachable = {
  readonly shared: boolean
  /** cntlids. */
  readonly attachedTo: Set<number>
  /** How often it was attached (QEMU: NvmeNamespace.attached). QEMU 10's gets out of step with `attachedTo`. */
  references: number
}

export type AttachmentRules = {
  /**
   * When a namespace that is attached at start gets attached: as the controller appears, each time that it is enabled,
   * or once, at the factory, and never to a VF.
   */
  readonly atStart: 'as-it-appears' | 'as-it-is-enabled' | 'at-delivery'
  /** 0, or the status that refuses it. @param asking cntlid of the controller that got the command */
  readonly attach: (namespace: Attachable, cntlid: number, asking: number) => number
  readonly detach: (namespace: Attachable, cntlid: number) => number
}

/**
 * Source: NVMe Base 2.1, "Namespace Attachment command"; QEMU 7.2 hw/nvme/ctrl.c, nvme_ns_attachment. Compared: on QEMU
 * 7.2.
 */
export function attachOnce(namespace: Attachable, cntlid: number): number {
  if (namespace.attachedTo.has(cntlid)) return ALREADY_ATTACHED
  if (isTaken(namespace)) return NAMESPACE_IS_PRIVATE
  addReference(namespace, cntlid)
  return 0
}

export function detachAttached(namespace: Attachable, cntlid: number): number {
  if (!namespace.attachedTo.has(cntlid)) return NOT_ATTACHED
  dropReference(namespace, cntlid)
  return 0
}

/** A private namespace that somebody has. */
export function isTaken({ shared, references }: Attachable): boolean {
  return references > 0 && !shared
}

/** Source: QEMU nvme_attach_ns, which counts whether or not it was attached before. */
export function addReference(namespace: Attachable, cntlid: number): void {
  namespace.references++
  namespace.attachedTo.add(cntlid)
}

/** Source: QEMU nvme_detach_ns. */
export function dropReference(namespace: Attachable, cntlid: number): void {
  namespace.references--
  namespace.attachedTo.delete(cntlid)
}
