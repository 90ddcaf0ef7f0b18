/** What can be mounted and swapped to: disks of namespaces, and SATA disks. */
import { sataDiskNamed } from './ahci/ahci-controller.ts'
import type { SataDisk } from './ahci/ahci-controller.ts'
import { blockCount } from './devices/subsystem.ts'
import type { EmulatedLinux } from './linux.ts'
import { BLOCK_MAJOR } from './nvme-driver/host-controller.ts'
import type { Disk } from './nvme-driver/host-controller.ts'

export type BlockDevice = Disk | SataDisk

export function blockDeviceNamed(
  linux: EmulatedLinux,
  name: string
): BlockDevice | undefined {
  return linux.disks.get(name) ?? sataDiskNamed(linux, name)
}

/** As `259:1`. */
export function deviceNumberOf(device: BlockDevice): string {
  return device.kind === 'sata'
    ? `${device.major}:${device.minor}`
    : `${BLOCK_MAJOR}:${device.minor}`
}

/** Metadata not counted. */
export function sizeBytesOf(device: BlockDevice): number {
  if (device.kind === 'sata') return device.description.sizeBytes
  const { namespace } = device.head
  return blockCount(namespace) * namespace.blockBytes
}
