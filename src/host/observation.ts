/** What one scan of a host saw. Facts only: no identity of ours, no desired state. */
import type { PciAddress } from '../nvme/pci-address.ts'
import type {
  PrimaryCapabilities,
  SecondaryController,
} from '../nvme/secondary-controller.ts'
import type { TenantReach } from '../nvme/tenant-reach.ts'
import type { Binding, NamespaceUse, PciFacts, SriovState } from './query.ts'

export type HostObservation = {
  readonly host: HostFacts
  /** Every PCI function of class 0108xx, primaries before their VFs, in address order. */
  readonly functions: readonly FunctionObservation[]
  /** One per namespace of each subsystem in `listed`. */
  readonly namespaces: readonly NamespaceObservation[]
  /** Whose namespaces were told to the last. Of other subsystems none was told: they may have any. */
  readonly listed: readonly SubsystemName[]
  /** By the host's wall clock, RFC 3339. */
  readonly observedAt: string
}

export type HostFacts = {
  /** /etc/machine-id, 32 hex digits. */
  readonly machineId: string
  readonly bootId: string
  readonly hostname: string
  readonly kernelRelease: string
  readonly onlineCpus: number
  /** False: no IOMMU groups, so nothing can be assigned. */
  readonly iommu: boolean
}

export type IommuGroup = {
  readonly number: number
  /** Every function of the group, the asked one included, in address order. */
  readonly members: readonly GroupMember[]
  /** True when no member is held by a driver that owns DMA for the host (Linux drivers/iommu/iommu.c, iommu_group_dma_owner). */
  readonly viable: boolean
}

export type GroupMember = {
  readonly address: PciAddress
  readonly class: string
  readonly driver: string | null
  /** True when this member keeps VFIO from owning the group. */
  readonly blocksVfio: boolean
}

export type FunctionObservation = {
  readonly address: PciAddress
  readonly pci: PciFacts
  readonly class: string
  readonly binding: Binding | null
  readonly group: IommuGroup | null
  /** -1: unknown. */
  readonly numaNode: number
  readonly link: PcieLink
  readonly resetMethods: readonly string[] | null
  /** Of a PF that can do SR-IOV. null also when its lane hangs. */
  readonly sriov: SriovState | null
  /** Of a VF: its PF and 1-based number. */
  readonly vf: { readonly pf: PciAddress; readonly vfNumber: number } | null
  /** When the nvme driver answers for it. */
  readonly controller: ControllerObservation | null
  /** Set when a call of this function's lane does not come back; the fields that need the lane are null then. */
  readonly blocked: string | null
}

export type PcieLink = {
  /** As the kernel prints it: `16.0 GT/s PCIe`. */
  readonly currentSpeed: string | null
  readonly currentWidth: number | null
  readonly maxSpeed: string | null
  readonly maxWidth: number | null
}

export type ControllerObservation = {
  /** `nvme0`: an attribute, never identity. */
  readonly name: string
  readonly state: string
  readonly serial: string
  readonly model: string
  readonly firmware: string
  readonly subsystemNqn: string
  readonly cntlid: number
  /** Queues, the admin queue included. */
  readonly queueCount: number
  /** Commands that fit in an I/O queue. */
  readonly queueDepth: number
  readonly capabilities: ControllerCapabilities | null
  readonly primary: PrimaryCapabilities | null
  readonly secondaries: readonly SecondaryController[]
  readonly health: SmartSummary | null
  /** Of a VF that answered: what it lets whoever has it do to others. */
  readonly tenantReach?: readonly TenantReach[]
}

/** From Identify Controller, with SR-IOV's own evidence where OACS is known to say too little (QEMU up to 9.0). */
export type ControllerCapabilities = {
  readonly namespaceManagement: boolean
  readonly virtualizationManagement: boolean
  readonly doorbellBufferConfig: boolean
  readonly format: boolean
  readonly maxNamespaces: number
  readonly totalCapacityBytes: string
}

/** SMART / Health log page, 128-bit counters as decimal strings. */
export type SmartSummary = {
  /** Bits of Critical Warning. */
  readonly criticalWarning: number
  readonly temperatureKelvin: number
  readonly availableSparePercent: number
  readonly percentageUsed: number
  readonly dataUnitsRead: string
  readonly dataUnitsWritten: string
  readonly powerOnHours: string
  readonly mediaErrors: string
}

export type SubsystemName = {
  readonly subsystemNqn: string
  /** Serial of the subsystem's controllers. */
  readonly serial: string
}

export type NamespaceObservation = SubsystemName & {
  readonly nsid: number
  /** Hex without separators; null when the drive reports none. */
  readonly nguid: string | null
  readonly eui64: string | null
  readonly uuid: string | null
  readonly sizeBytes: string
  readonly blockBytes: number
  readonly metadataBytes: number
  readonly shared: boolean
  /** cntlids that it is attached to, ascending. */
  readonly attachedTo: readonly number[]
  /** Block devices that the host has for it: `nvme0n1`. */
  readonly disks: readonly string[]
  readonly uses: readonly NamespaceUse[]
}
