/** Which emulated hosts there are and what is in them: the value that a demo, a drill, a test or a file describes. */
import type { FaultDescription } from '../host/drills.ts'
import type { DeviceName, LbaFormat } from './devices/device-policy.ts'
import type { LoadDescription } from './load/load-description.ts'
import type { PcieLink, ResetMethod } from './pci/pci-function.ts'

export type FleetDescription = { readonly hosts: readonly HostEntry[] }

/** A host, or with a `count` so many alike, which fleet-hosts.ts tells apart. */
export type HostEntry = HostDescription & { readonly count?: number }

export type HostDescription = {
  readonly name: string
  /** 32 hex digits. Absent: derived from the name, so that the same description is the same host. */
  readonly machineId?: string
  readonly cpus: number
  readonly iommu: boolean
  readonly kernelRelease: string
  /** What is on its command line beside where it boots from; parameters of vfio's modules among it count. */
  readonly kernelParameters?: string
  /** Native NVMe multipath, as nvme_core.multipath; default true. */
  readonly multipath?: boolean
  /** KVM on Intel whose IOMMU posts interrupts: the host does not see those of a guest's queues; default false. */
  readonly interruptPosting?: boolean
  readonly subsystems: readonly SubsystemDescription[]
  /** What else is on the bus: bridges, graphics; default: QEMU's host bridge. Root ports above drives come by themselves. */
  readonly otherFunctions?: readonly OtherFunctionDescription[]
  /** Armed whenever it is switched on. */
  readonly faults?: readonly FaultDescription[]
}

export type OtherFunctionDescription = {
  readonly address: string
  /** 24 bits. */
  readonly classCode: number
  readonly vendor: number
  readonly device: number
  /** Default 0. */
  readonly subsystemVendor?: number
  readonly subsystemDevice?: number
  readonly revision?: number
  readonly driver?: string
  readonly group?: string
  /** The bridge above it; absent: it is on a root bus. */
  readonly behind?: string
  /** Of an AHCI controller: class 010601h, driver ahci. */
  readonly sataDisks?: readonly SataDiskDescription[]
}

export type SataDiskDescription = DiskUses & {
  /** 0-based; default: its place in the list. */
  readonly port?: number
  readonly model: string
  readonly serial: string
  readonly firmware: string
  readonly sizeBytes: number
  /** Default false: it is flash. */
  readonly rotational?: boolean
  /** What is asked of it; one queue of 32 and 600 MB/s bound what it does. */
  readonly load?: { readonly iops: number; readonly latencyUs: number }
}

/** What the host does with a disk. */
export type DiskUses = {
  /** Where it is mounted. */
  readonly mount?: string | readonly string[]
  /** What is made of it: device mapper, MD. */
  readonly holder?: string | readonly string[]
  /** The host swaps to it. */
  readonly swap?: boolean
}

export type SubsystemDescription = {
  readonly nqn: string
  readonly serial: string
  readonly model: string
  readonly firmware: string
  readonly vendor: number
  readonly device: number
  /** Default: QEMU's 1af4:1100 for a device of 1b36, else the vendor and device themselves. */
  readonly subsystemVendor?: number
  readonly subsystemDevice?: number
  readonly revision?: number
  /** Says that it may have several controllers (CMIC); default: it has, or a device of its kind always says so. */
  readonly multiController?: boolean
  /** LBA formats that it offers, in the order of their numbers; default: its device's. */
  readonly lbaFormats?: readonly LbaFormat[]
  /** What all its namespaces together may take; default: what they take. */
  readonly capacityBytes?: number
  readonly controllers: readonly ControllerDescription[]
  readonly namespaces: readonly NamespaceDescription[]
}

export type ControllerDescription = {
  readonly address: string
  /** How it behaves (devices/); default: QEMU 7.2's nvme. */
  readonly device?: DeviceName
  /** Default: the lowest free. A drive's primary may be 65 and its secondaries 1 and up. */
  readonly cntlid?: number
  /**
   * The port above it, of a root complex or a switch; `none`: it is on a root bus. Default: none on bus 00, else one for
   * each bus, in order. A port that `otherFunctions` does not have is QEMU's root port.
   */
  readonly rootPort?: string
  /** Device Serial Number capability: 16 hex digits. */
  readonly deviceSerialNumber?: string
  readonly numaNode?: number
  /** IOMMU group label: functions with the same label share a group. Absent: a group of its own. */
  readonly group?: string
  readonly link?: PcieLink
  /** What the kernel may reset it by, in its order; default: flr and, behind a port, bus. */
  readonly resetMethods?: readonly ResetMethod[]
  readonly ioQueues: number
  readonly sriov?: SriovDescription
  /** Which driver has it when nvirt first looks; default nvme. */
  readonly driver?: 'nvme' | 'vfio-pci' | 'none'
  readonly driverOverride?: string
  /** I/O load on the host's own use of it and, once a driver or guest has it, on each VF. */
  readonly load?: LoadDescription
}

export type SriovDescription = {
  readonly totalVfs: number
  /** Routing ids: to the first VF, and from one to the next; default 1. */
  readonly offset?: number
  readonly stride?: number
  /** Device ID of the VFs; default: that of the PF. */
  readonly vfDevice?: number
  readonly vqFlexible: number
  readonly viFlexible: number
  readonly maxVqPerVf: number
  readonly maxViPerVf: number
  readonly vqPrivate: number
  readonly viPrivate: number
  /** Its VFs have no command that reaches beyond what is theirs; default: as a device of its kind. */
  readonly tenantSafe?: boolean
  /** IOMMU group label of its VFs, where nothing keeps these apart; absent: a group for each. */
  readonly vfGroup?: string
  /** Default 1. */
  readonly vqGranularity?: number
  readonly viGranularity?: number
  /** Flexible resources that the primary has; default: as a device of its kind is delivered. */
  readonly vqPrimary?: number
  readonly viPrimary?: number
  /** Of its secondaries, in the order of the VFs; default: the lowest free, from 1. */
  readonly secondaryCntlids?: readonly number[]
  /** VFs that are enabled when nvirt first looks; default 0. */
  readonly vfCount?: number
  /** sriov_drivers_autoprobe; default true. */
  readonly autoprobe?: boolean
  /** Those with which something was done before nvirt first looks. */
  readonly virtualFunctions?: readonly VirtualFunctionDescription[]
}

/** What somebody set up, and a reboot loses. */
export type VirtualFunctionDescription = {
  /** 1-based. */
  readonly vfNumber: number
  readonly vq?: number
  readonly vi?: number
  readonly online?: boolean
  /** nsids that are attached to its controller; default: those that its device attaches. */
  readonly namespaces?: readonly number[]
  readonly driver?: 'nvme' | 'vfio-pci'
  readonly driverOverride?: string
}

export type NamespaceDescription = DiskUses & {
  readonly nsid: number
  readonly sizeBytes: number
  readonly blockBytes: number
  /** Of each block, and part of the size; default 0. */
  readonly metadataBytes?: number
  /**
   * Attached at start to every controller of the subsystem; with QEMU's devices to VFs too, as they come (detached=off).
   */
  readonly attached: boolean
  /** And only to these, by cntlid. */
  readonly attachedTo?: readonly number[]
  readonly shared: boolean
  /** 32 hex digits; absent: the drive reports none, as QEMU's do not. */
  readonly nguid?: string
  /** 16 hex digits. */
  readonly eui64?: string
  /** 32 hex digits. */
  readonly uuid?: string
}
