/** One question to a host, and its answer: what guards and steps read immediately before a write. */
import type { CurrentFormat } from '../nvme/admin-commands.ts'
import type { Markers } from '../nvme/erase-markers.ts'
import type { EraseMethod } from '../nvme/erase-method.ts'
import type { AllocatedNamespace } from '../nvme/namespace-layout.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import type {
  PrimaryCapabilities,
  SecondaryController,
} from '../nvme/secondary-controller.ts'
import type { TenantReach } from '../nvme/tenant-reach.ts'
import type { BlockedReport } from './change.ts'
import type { IommuGroup } from './observation.ts'

export type HostQuery =
  /** Who is behind this address now: what answers there, and what PCI says of it. */
  | { readonly read: 'identity'; readonly fn: PciAddress }
  /** Of that, what takes neither a lock nor a look at the bus: enough to know again whoever answers. */
  | { readonly read: 'answering'; readonly fn: PciAddress }
  | { readonly read: 'binding'; readonly fn: PciAddress }
  | { readonly read: 'group'; readonly fn: PciAddress }
  /** What its kernel was told that makes IOMMU groups promise more isolation than there is. */
  | { readonly read: 'isolation'; readonly fn: PciAddress }
  /** What on this host uses the namespaces with these nsids of the function's subsystem. All its namespaces when `nsids` is absent. */
  | { readonly read: 'usage'; readonly fn: PciAddress; readonly nsids?: readonly number[] }
  /** Through which controllers the host reaches its disks of these namespaces of the function's subsystem. */
  | { readonly read: 'paths'; readonly fn: PciAddress; readonly nsids: readonly number[] }
  | { readonly read: 'sriov'; readonly pf: PciAddress }
  /** By which methods the kernel would reset the function, the one that it tries first in front. */
  | { readonly read: 'resetMethods'; readonly fn: PciAddress }
  | { readonly read: 'primary'; readonly pf: PciAddress }
  | { readonly read: 'secondaries'; readonly pf: PciAddress }
  /** Namespaces attached to that controller, by nsid, asked of the primary. */
  | { readonly read: 'attachments'; readonly pf: PciAddress; readonly cntlid: number }
  /** The same of several controllers, from one look at the drive. */
  | {
      readonly read: 'attachmentsOfEach'
      readonly pf: PciAddress
      readonly cntlids: readonly number[]
    }
  /** Controllers, on whatever host, that a namespace is attached to. */
  | {
      readonly read: 'attachedControllers'
      readonly pf: PciAddress
      readonly nsid: number
    }
  /** What a VF lets whoever has it do to others, asked of itself: it must be online. */
  | { readonly read: 'tenantReach'; readonly fn: PciAddress }
  /** Of the drive behind a function that the host's nvme driver has. */
  | { readonly read: 'condition'; readonly fn: PciAddress }
  /** Namespaces that are attached to the function, or those with these nsids, and how its drive erases one. */
  | {
      readonly read: 'erasable'
      readonly fn: PciAddress
      readonly nsids?: readonly number[]
    }
  /** Of a namespace of the function's drive: what a Format has to say again, so that it stays so. */
  | { readonly read: 'format'; readonly fn: PciAddress; readonly nsid: number }
  /** What the drive behind a function that nvme has is made of: nsids, and whether it creates and deletes namespaces. */
  | { readonly read: 'allocation'; readonly fn: PciAddress }
  /** Namespaces of the function's drive, wherever they are attached: those with these nsids, or those with all but these. */
  | {
      readonly read: 'allocated'
      readonly fn: PciAddress
      readonly nsids:
        { readonly only: readonly number[] } | { readonly allBut: readonly number[] }
    }
  /** Read from the drive, its disk held exclusively from then on. */
  | {
      readonly read: 'markers'
      readonly fn: PciAddress
      readonly nsid: number
      readonly markers: Markers
    }
  /** /dev/vfio/N of the function's group, opened and closed to prove that a consumer can. */
  | { readonly read: 'vfioGroup'; readonly fn: PciAddress }
  /** How much of what `armTrace` makes is there. */
  | { readonly read: 'trace' }

export type HostAnswers = {
  identity: FunctionIdentity
  answering: Answering
  binding: Binding
  group: { readonly group: IommuGroup | null }
  isolation: { readonly weakenedBy: readonly IsolationWeakness[] }
  usage: { readonly uses: readonly UseNow[] }
  paths: { readonly paths: readonly DiskPaths[] }
  sriov: SriovState
  /** null: the kernel has no such attribute (before Linux 5.15). */
  resetMethods: { readonly methods: readonly string[] | null }
  primary: PrimaryCapabilities
  secondaries: { readonly secondaries: readonly SecondaryController[] }
  attachments: { readonly nsids: readonly number[] }
  /** In the order of the question. */
  attachmentsOfEach: { readonly attachments: readonly Attachments[] }
  attachedControllers: { readonly cntlids: readonly number[] }
  /** null: the host's nvme driver does not have it, so it cannot be asked. */
  tenantReach: { readonly reach: readonly TenantReach[] | null }
  condition: DriveCondition
  erasable: Erasable
  /** null: it is not allocated any more. */
  format: { readonly format: CurrentFormat | null }
  /** `nsids` null: it does not list those that are not attached to the function. */
  allocation: { readonly manages: boolean; readonly nsids: readonly number[] | null }
  /** One that is not allocated any more is left out. `own`: cntlid of the controller that was asked. */
  allocated: { readonly own: number; readonly namespaces: readonly AllocatedNamespace[] }
  markers: MarkersFound
  vfioGroup: VfioGroup
  trace: { readonly present: readonly TracePart[] }
}

/** In the order in which they are made: each needs those before it. */
export const TRACE_PARTS = [
  /** The event of a command's end, with its latency. */
  'latency-event',
  /** Remembers when a command began. */
  'begin',
  /** Tells the latency at its end. */
  'end',
  'latency-histogram',
  'command-histogram',
] as const

export type TracePart = (typeof TRACE_PARTS)[number]

export type IsolationWeakness =
  /** Groups are split where the hardware does not keep functions apart: a patch that distributions carry. */
  | 'acs-override'
  /** Functions without an IOMMU go to consumers. */
  | 'no-iommu-mode'
  /** A guest may raise any interrupt of the host. */
  | 'unsafe-interrupts'

/** What a consumer may have changed of a drive: compared between hand-over and return. */
export type DriveCondition = {
  readonly firmware: string
  /** May exceed 100. */
  readonly percentageUsed: number
  /** Thousands of 512 bytes, and errors: 128-bit counters as decimal strings. */
  readonly dataUnitsWritten: string
  readonly mediaErrors: string
}

export type Erasable = {
  readonly erase: EraseMethod
  readonly namespaces: readonly ErasableNamespace[]
}

export type ErasableNamespace = {
  readonly nsid: number
  readonly sizeBytes: number
  readonly blockBytes: number
  readonly metadataBytes: number
}

/** Numbers of the marked blocks that have a marker still, and of those that are not all zeroes. */
export type MarkersFound = {
  readonly marked: readonly number[]
  readonly written: readonly number[]
}

export type HostAnswer<Q extends HostQuery> = HostAnswers[Q['read']]

export type HostReply<Q extends HostQuery> =
  | { readonly answered: true; readonly answer: HostAnswer<Q> }
  | { readonly answered: false; readonly blocked: BlockedReport }

/**
 * What tells one function from another. With a controller that answers: serial, NQN, cntlid. Without (vfio-pci, unbound):
 * PCI facts, to be compared with those recorded at assignment.
 */
export type FunctionIdentity = Omit<Answering, 'bootId'> & {
  readonly address: PciAddress
  readonly pci: PciFacts
}

export type Answering = {
  readonly bootId: string
  /** Absent when no nvme driver answers for the function. */
  readonly controller?: {
    readonly serial: string
    readonly subsystemNqn: string
    readonly cntlid: number
  }
  /** Of a VF: its primary's address and its 1-based VF number. */
  readonly vf?: { readonly pf: PciAddress; readonly vfNumber: number }
}

export type Attachments = { readonly cntlid: number; readonly nsids: readonly number[] }

export type PciFacts = {
  readonly vendor: string
  readonly device: string
  readonly subsystemVendor: string
  readonly subsystemDevice: string
  /** Device Serial Number extended capability, hex; null where absent. */
  readonly serialNumber: string | null
  /** Path of bridges from the root, from the device's place in /sys/devices. */
  readonly topology: string
  readonly bootId: string
}

export type Binding = {
  /** null: no driver. */
  readonly driver: string | null
  /** null: no override. */
  readonly override: string | null
}

export type SriovState = {
  readonly totalVfs: number
  readonly vfCount: number
  readonly autoprobe: boolean
  readonly offset: number
  readonly stride: number
}

export type VfioGroup = {
  readonly path: string
  readonly viable: boolean
  /** Somebody has it open, or one of its functions, whether or not we see who. */
  readonly held: boolean
  /** Processes that have it open, as far as we see them. */
  readonly holders: readonly { readonly pid: number; readonly command: string }[]
}

/** With native multipath a namespace has one disk for all paths, without it one for each controller. */
export type DiskPaths = {
  readonly nsid: number
  /** Block device: `nvme0n1`. */
  readonly disk: string
  /** Of live controllers; without any of them the disk goes. */
  readonly cntlids: readonly number[]
}

export type NamespaceUse = {
  readonly nsid: number
  /** Block device: `nvme0n1`, `nvme0n1p2`. */
  readonly disk: string
  /** `open`: lastingly, by a process that does not keep others from it, as QEMU has a raw disk. */
  readonly use: 'mount' | 'swap' | 'holder' | 'exclusive-open' | 'open'
  /** Mount point, holder's name (`dm-0`, `md0`, `loop0`), or who has it open. */
  readonly by: string
}

export type UseNow = NamespaceUse & {
  /** nvirt itself has it open, which keeps others from it. */
  readonly ours?: true
}
