/**
 * An NVM subsystem as hardware: controllers, namespaces, and which is attached to which. Modelled on QEMU (hw/nvme/subsys.c,
 * hw/nvme/ctrl.c), the device that the same tests meet in a real kernel; what other drives do differently is in their
 * policies.
 */
import { addReference, dropReference, isTaken } from './attachment-rules.ts'
import type { Attachable } from './attachment-rules.ts'
import type { NamespaceContent } from './content.ts'
import type { DevicePolicy } from './device-policy.ts'
import type { ErrorLog } from './error-log.ts'
import type { FlexiblePools, SecondaryEntry } from './flexible-resources.ts'
import type { SanitizeOperation } from './sanitize.ts'

export type NvmeSubsystem = {
  readonly nqn: string
  readonly serial: string
  readonly model: string
  readonly firmware: string
  readonly vendor: number
  /**
   * Several controllers are possible. A plain drive of QEMU 7.2 has no subsystem at all: it answers Invalid Field to
   * controller lists and to Namespace Attachment (nvme_identify_ctrl_list, nvme_subsys_ns).
   */
  readonly multiController: boolean
  /** By cntlid, those that exist now: with some devices a VF's controller comes and goes with VF Enable. */
  readonly controllers: Map<number, NvmeController>
  /** By nsid. */
  readonly namespaces: Map<number, NvmeNamespace>
  /** For all namespaces together. */
  readonly capacityBytes: number
  /** By Namespace Management; each has an NGUID of its own. */
  namespacesMade: number
  /** undefined: never sanitized. */
  sanitize: SanitizeOperation | undefined
}

export type NvmeNamespace = Attachable & {
  readonly nsid: number
  readonly sizeBytes: number
  /** Format NVM changes these. */
  blockBytes: number
  metadataBytes: number
  /** FLBAS without the index, and DPS. */
  protection: { readonly interleaved: boolean; readonly type: number }
  /** cntlids. */
  readonly startsAttachedTo: 'every-controller' | readonly number[]
  /** 32 hex digits; undefined: the drive reports none, as QEMU does. */
  readonly nguid: string | undefined
  /** 16 hex digits. */
  readonly eui64: string | undefined
  /** 32 hex digits; only among the identification descriptors. */
  readonly uuid: string | undefined
  /** I/O that was done on it, by loads that have ended. */
  readonly served: { reads: number; writes: number }
  readonly content: NamespaceContent
}

export type NvmeController = PlainController | PrimaryController | SecondaryController

type ControllerBase = {
  readonly subsystem: NvmeSubsystem
  readonly policy: DevicePolicy
  readonly cntlid: number
  readonly subsystemVendor: number
  /** CC.EN: a driver has set it, and nothing has cleared it since. */
  enabled: boolean
  /** Set Features, by FID; undefined: nobody set any. */
  features: ReadonlyMap<number, number> | undefined
  /** undefined: no command has failed. */
  errors: ErrorLog | undefined
}

export type PlainController = ControllerBase & {
  readonly kind: 'plain'
  /** I/O queue pairs that Number of Queues grants. */
  readonly ioQueuePairs: number
}

export type PrimaryController = ControllerBase & {
  readonly kind: 'primary'
  readonly pools: FlexiblePools
  readonly secondaries: readonly SecondaryEntry[]
  /** VFs that the device has: NumVFs while VF Enable is set. The kernel may believe otherwise after an FLR. */
  enabledVfs: number
}

export type SecondaryController = ControllerBase & {
  readonly kind: 'secondary'
  readonly primary: PrimaryController
  readonly entry: SecondaryEntry
}

/** Of a controller that nobody has asked anything. */
export const UNTOUCHED = { enabled: false, features: undefined, errors: undefined }

/** The controller of a VF. A drive has hundreds, so this is one literal: spreading costs a hundred times as much. */
export function secondaryController(
  primary: PrimaryController,
  entry: SecondaryEntry
): SecondaryController {
  const { subsystem, policy, subsystemVendor } = primary
  return {
    kind: 'secondary',
    subsystem,
    policy,
    cntlid: entry.cntlid,
    subsystemVendor,
    enabled: false,
    features: undefined,
    errors: undefined,
    primary,
    entry,
  }
}

/** Source: QEMU nvme_subsys_register_ctrl. */
export function addController(controller: NvmeController): void {
  controller.subsystem.controllers.set(controller.cntlid, controller)
  if (controller.policy.attachment.atStart === 'as-it-appears') attachAtStart(controller)
}

/** A driver has set CC.EN and the controller became ready. Source: QEMU 10 hw/nvme/ctrl.c, nvme_start_ctrl. */
export function enabledByDriver(controller: NvmeController): void {
  controller.enabled = true
  if (controller.policy.attachment.atStart === 'as-it-is-enabled') attachAtStart(controller)
}

/** What is attached by default, a private namespace to the first that comes. */
export function attachAtStart({ subsystem, cntlid }: NvmeController): void {
  for (const namespace of subsystem.namespaces.values()) {
    const { startsAttachedTo } = namespace
    const meant =
      startsAttachedTo === 'every-controller' || startsAttachedTo.includes(cntlid)
    if (meant && !isTaken(namespace)) addReference(namespace, cntlid)
  }
}

/** Its attachments go with it. Source: QEMU nvme_exit. */
export function removeController(controller: NvmeController): void {
  for (const namespace of activeNamespaces(controller))
    dropReference(namespace, controller.cntlid)
  controller.subsystem.controllers.delete(controller.cntlid)
}

/** Namespaces that a host of this controller sees, ascending by nsid. */
export function activeNamespaces(controller: NvmeController): readonly NvmeNamespace[] {
  return [...controller.subsystem.namespaces.values()]
    .filter((namespace) => namespace.attachedTo.has(controller.cntlid))
    .toSorted((a, b) => a.nsid - b.nsid)
}

/** What namespaces can still be made of. */
export function unallocatedBytes({ capacityBytes, namespaces }: NvmeSubsystem): number {
  const sizes = [...namespaces.values()].map(({ sizeBytes }) => sizeBytes)
  return sizes.reduce((left, sizeBytes) => left - sizeBytes, capacityBytes)
}

/** Whole blocks, their metadata included. Source: QEMU hw/nvme/ns.c, nvme_ns_init_format. */
export function blockCount(namespace: NvmeNamespace): number {
  const { sizeBytes, blockBytes, metadataBytes } = namespace
  return Math.floor(sizeBytes / (blockBytes + metadataBytes))
}

/** Whether a driver that enables the controller gets it ready. An offline secondary stays at CSTS.CFS. */
export function canBeEnabled(controller: NvmeController): boolean {
  return controller.kind !== 'secondary' || controller.entry.online
}

/** I/O queue pairs that the controller grants now. Source: QEMU nvme_activate_virt_res (conf_ioqpairs). */
export function ioQueuePairs(controller: NvmeController): number {
  switch (controller.kind) {
    case 'plain':
      return controller.ioQueuePairs
    case 'primary':
      return controller.pools.vq.private + controller.pools.vq.primary - 1
    case 'secondary':
      return Math.max(0, controller.entry.active.vq - 1)
  }
}

/** Entries of its MSI-X table. Source: QEMU nvme_update_msixcap_ts. */
export function interruptVectors(controller: NvmeController): number {
  switch (controller.kind) {
    case 'plain':
      return controller.ioQueuePairs + 1
    case 'primary':
      return controller.pools.vi.private + controller.pools.vi.primary
    case 'secondary':
      return controller.entry.active.vi || 1
  }
}
