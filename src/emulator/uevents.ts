/** Uevents as the kernel sends them. Source: Linux lib/kobject_uevent.c; drivers/pci/pci-driver.c, pci_uevent. */
import type { Uevent } from '../kernel/kernel.ts'
import type { EmulatedLinux } from './linux.ts'
import { BLOCK_MAJOR } from './nvme-driver/host-controller.ts'
import type { Disk } from './nvme-driver/host-controller.ts'
import { pciUeventProperties } from './pci/pci-text.ts'
import type { PciFunction } from './pci/pci-function.ts'

export type PciAction = 'add' | 'remove' | 'change' | 'bind' | 'unbind'

export function emitFunction(
  linux: EmulatedLinux,
  action: PciAction,
  fn: PciFunction
): void {
  emit(linux, action, fn.sysfsPath, 'pci', pciUeventProperties(fn))
}

export function emitController(
  linux: EmulatedLinux,
  action: 'add' | 'remove' | 'change',
  path: string,
  properties: Readonly<Record<string, string>> = {}
): void {
  const name = path.slice(path.lastIndexOf('/') + 1)
  emit(linux, action, path, 'nvme', {
    DEVNAME: name,
    NVME_TRTYPE: 'pcie',
    ...properties,
  })
}

/** A hidden path disk has no device node and sends nothing. Source: Linux block/genhd.c, GENHD_FL_HIDDEN. */
export function emitDisk(
  linux: EmulatedLinux,
  action: 'add' | 'remove',
  disk: Disk,
  path: string
): void {
  if (disk.kind === 'path') return
  emit(linux, action, path, 'block', {
    MAJOR: String(BLOCK_MAJOR),
    MINOR: String(disk.minor),
    DEVNAME: disk.name,
    DEVTYPE: 'disk',
    DISKSEQ: String(disk.sequence),
  })
}

function emit(
  linux: EmulatedLinux,
  action: string,
  sysfsPath: string,
  subsystem: string,
  properties: Readonly<Record<string, string>>
): void {
  const devpath = sysfsPath.replace(/^\/sys/, '')
  const uevent: Uevent = {
    action,
    devpath,
    subsystem,
    properties: { ACTION: action, DEVPATH: devpath, SUBSYSTEM: subsystem, ...properties },
  }
  linux.emit(uevent)
}
