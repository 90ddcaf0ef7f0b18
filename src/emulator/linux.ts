/** The state of one emulated Linux: everything that its files are answered from. */
import type { Uevent } from '../kernel/kernel.ts'
import type { AhciController } from './ahci/ahci-controller.ts'
import type { BlockDevice } from './block-devices.ts'
import type { NvmeSubsystem } from './devices/subsystem.ts'
import type { LoadMeter } from './load/load-meter.ts'
import type { Disk, HostController, HostSubsystem } from './nvme-driver/host-controller.ts'
import type { DeviceLocks } from './pci/device-locks.ts'
import type { DynamicId } from './pci/driver-match.ts'
import type { PciFunction } from './pci/pci-function.ts'
import type { Hardware } from './pci/topology.ts'
import type { Timetable } from './timetable.ts'
import type { Timing } from './timing.ts'
import type { Tracefs } from './trace/tracefs.ts'

export type EmulatedLinux = {
  readonly facts: MachineFacts
  readonly drives: readonly NvmeSubsystem[]
  /** By address. */
  readonly functions: Map<string, PciFunction>
  readonly groups: Map<number, IommuGroup>
  /** What is in the slots, whether or not Linux has found it. By address. */
  readonly hardware: ReadonlyMap<string, Hardware>
  /** Of each driver. */
  readonly dynamicIds: Map<string, DynamicId[]>
  /** /sys/bus/pci/drivers_autoprobe. */
  busAutoprobe: boolean
  /** By instance: 0 is nvme0. */
  readonly controllers: Map<number, HostController>
  /** By instance: 0 is nvme-subsys0. */
  readonly subsystems: Map<number, HostSubsystem>
  /** By name, hidden path disks included. */
  readonly disks: Map<string, Disk>
  /** By address; of those that have disks, whether or not ahci has them. */
  readonly ahci: Map<string, AhciController>
  readonly mounts: Mount[]
  /** Disks that are swapped to. */
  readonly swaps: BlockDevice[]
  /** Kept open exclusively by nvirt. */
  readonly heldDisks: Set<BlockDevice>
  /** What other processes have open. */
  readonly openDisks: Set<OpenDisk>
  /** Open /dev/vfio groups, by group number. */
  readonly holds: Map<number, GroupHold>
  readonly locks: DeviceLocks
  readonly tracefs: Tracefs
  /** Numbers handed out once: disk sequence, process ids. */
  readonly sequence: { disk: number; pid: number }
  /** Milliseconds since boot. Stands still between the records of a replayed journal. */
  readonly uptimeMs: () => number
  /** Milliseconds since the drives had power for the first time: over all boots. */
  readonly poweredOnMs: () => number
  readonly time: Timetable
  /** How long things take; everything is done at once while the machine boots. */
  timing: Timing
  readonly emit: (uevent: Uevent) => void
  /** What load a function gets once somebody drives it. */
  readonly loadMeter: (fn: PciFunction, queues: number) => LoadMeter
}

export type MachineFacts = {
  readonly hostname: string
  readonly machineId: string
  readonly bootId: string
  readonly kernelRelease: string
  readonly cpus: number
  readonly iommu: boolean
  readonly multipath: boolean
  /** The hardware hands a guest's interrupts to it past the host. */
  readonly interruptPosting: boolean
  /** Words of /proc/cmdline. */
  readonly kernelParameters: readonly string[]
}

export type IommuGroup = {
  readonly number: number
  /** Functions described with the same label share a group; a VF has none. */
  readonly label: string | undefined
  readonly members: Set<PciFunction>
}

export type Mount = {
  readonly id: number
  /** The mount stays in the table, dead, when its disk is torn away; the disk's number is not given out again. */
  readonly disk: BlockDevice
  readonly mountPoint: string
}

/** Somebody has /dev/vfio/N open, with every vfio-pci function of the group. */
export type OpenDisk = {
  readonly disk: BlockDevice
  readonly pid: number
  readonly command: string
  readonly exclusively: boolean
}

export type GroupHold = {
  readonly pid: number
  /** null: a process that nvirt cannot see, as in a container around nvirt. */
  readonly command: string | null
  readonly guests: readonly GuestDevice[]
  readonly released: Promise<void>
}

/** A function driven by a guest: its interrupts are all that the host sees of it. */
export type GuestDevice = {
  readonly fn: PciFunction
  readonly meter: LoadMeter
  readonly irqs: readonly number[]
}

/** `6.12.95+deb12-amd64` is at least 6.3. */
export function kernelIsAtLeast(
  { facts }: EmulatedLinux,
  major: number,
  minor: number
): boolean {
  const [has = 0, hasMinor = 0] = facts.kernelRelease
    .split('.')
    .map((part) => parseInt(part))
  return has > major || (has === major && hasMinor >= minor)
}
