/** What Linux's nvme driver keeps: struct nvme_ctrl, nvme_subsystem, nvme_ns_head and gendisk, as far as sysfs shows them. */
import type { NvmeNamespace, NvmeSubsystem } from '../devices/subsystem.ts'
import type { LoadMeter } from '../load/load-meter.ts'
import type { PciFunction } from '../pci/pci-function.ts'

export type HostController = {
  /** 0 is nvme0. */
  readonly instance: number
  readonly fn: PciFunction
  readonly subsystem: HostSubsystem
  state: ControllerState
  /** It has answered Identify since nvme has it: from then on, also while it is reset, its subsystem is known. */
  identified: boolean
  /** Admin queue included. Set, as are the vectors and the meter, when it becomes live. */
  queueCount: number
  /** One interrupt per vector: fewer than queues when admin and I/O share one. */
  irqs: readonly number[]
  /** Completions of the admin queue. */
  admin: number
  /** Since when its drive answers nothing, ms of uptime; nvme has not noticed yet. */
  downSinceMs: number | undefined
  /** Commands that its drive does not answer: each is cancelled when the controller is disabled. */
  readonly unanswered: Set<() => void>
  meter: LoadMeter
}

/** As far as PCIe controllers have them. Source: Linux drivers/nvme/host/nvme.h, enum nvme_ctrl_state. */
export type ControllerState = 'connecting' | 'live' | 'resetting' | 'deleting' | 'dead'

export type HostSubsystem = {
  /** Taken over from the controller that was found first, and kept until the last one goes. */
  readonly instance: number
  readonly drive: NvmeSubsystem
  readonly controllers: Set<HostController>
  /** By nsid. */
  readonly heads: Map<number, NamespaceHead>
}

export type NamespaceHead = {
  /** The number after `n` in names: not the nsid. From 1. */
  readonly instance: number
  readonly namespace: NvmeNamespace
  /** The disk of native multipath; undefined where the path is the disk. */
  disk: Disk | undefined
  readonly paths: Set<Disk>
}

export type Disk = {
  readonly name: string
  /** `head`: a multipath disk; `path`: the hidden disk behind it; `plain`: neither. */
  readonly kind: 'head' | 'path' | 'plain'
  readonly head: NamespaceHead
  readonly subsystem: HostSubsystem
  /** undefined for a head. */
  readonly controller: HostController | undefined
  readonly minor: number
  readonly sequence: number
  /** Names under holders/: device mapper, MD. */
  readonly holders: Set<string>
}

export const BLOCK_MAJOR = 259
export const CONTROLLER_MAJOR = 245
/** Linux's io_queue_depth, less the slot that a ring leaves empty. Source: Linux drivers/nvme/host/pci.c. */
export const QUEUE_DEPTH = 1023

export function controllerName(controller: HostController): string {
  return `nvme${controller.instance}`
}

/** A subsystem is found by the first of its controllers that says that it belongs to it. */
export function isFound({ controllers }: HostSubsystem): boolean {
  return [...controllers].some(({ identified }) => identified)
}

export function controllerPath(controller: HostController): string {
  return `${controller.fn.sysfsPath}/nvme/${controllerName(controller)}`
}

export function subsystemPath(subsystem: HostSubsystem): string {
  return `/sys/devices/virtual/nvme-subsystem/nvme-subsys${subsystem.instance}`
}

export function diskPath(disk: Disk): string {
  const parent = disk.controller
    ? controllerPath(disk.controller)
    : subsystemPath(disk.subsystem)
  return `${parent}/${disk.name}`
}
