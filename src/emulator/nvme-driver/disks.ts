/**
 * Disks appear and vanish with the namespaces of a controller. Names and the hidden path behind a multipath head:
 * Linux drivers/nvme/host/core.c, nvme_alloc_ns and nvme_alloc_ns_head; multipath.c, nvme_mpath_alloc_disk.
 */
import { activeNamespaces } from '../devices/subsystem.ts'
import type { NvmeNamespace } from '../devices/subsystem.ts'
import type { EmulatedLinux } from '../linux.ts'
import { emitDisk } from '../uevents.ts'
import { lowestFree } from './lowest-free.ts'
import { diskPath } from './host-controller.ts'
import type {
  Disk,
  HostController,
  HostSubsystem,
  NamespaceHead,
} from './host-controller.ts'

/** Brings a controller's disks in line with what is attached to it: nvme_scan_work. */
export function rescanNamespaces(linux: EmulatedLinux, controller: HostController): void {
  const active = activeNamespaces(controller.fn.controller ?? fail(controller))
  for (const disk of disksOf(linux, controller))
    if (!active.includes(disk.head.namespace)) removePath(linux, disk)
  const present = new Set(disksOf(linux, controller).map((disk) => disk.head.namespace))
  for (const namespace of active)
    if (!present.has(namespace)) addPath(linux, controller, namespace)
  controller.meter.setNamespaces(active, linux.uptimeMs())
}

/** Whether a rescan would find nothing new. */
export function disksFollow(linux: EmulatedLinux, controller: HostController): boolean {
  const active = activeNamespaces(controller.fn.controller ?? fail(controller))
  const disks = disksOf(linux, controller)
  return (
    disks.length === active.length &&
    disks.every((disk) => active.includes(disk.head.namespace))
  )
}

export function removeDisks(linux: EmulatedLinux, controller: HostController): void {
  controller.meter.setNamespaces([], linux.uptimeMs())
  for (const disk of disksOf(linux, controller)) removePath(linux, disk)
}

export function disksOf(linux: EmulatedLinux, controller: HostController): readonly Disk[] {
  return [...linux.disks.values()].filter((disk) => disk.controller === controller)
}

function fail(controller: HostController): never {
  throw new Error(`nvme${controller.instance} has no NVMe controller behind it`)
}

function addPath(
  linux: EmulatedLinux,
  controller: HostController,
  namespace: NvmeNamespace
): void {
  const { subsystem } = controller
  const head = headOf(subsystem, namespace)
  const multipath = linux.facts.multipath && subsystem.drive.multiController
  const path = addDisk(linux, {
    name: pathName(linux, controller, head, multipath),
    kind: multipath ? 'path' : 'plain',
    head,
    subsystem,
    controller,
  })
  head.paths.add(path)
  if (multipath && !head.disk) {
    const name = `nvme${subsystem.instance}n${head.instance}`
    head.disk = addDisk(linux, {
      name,
      kind: 'head',
      head,
      subsystem,
      controller: undefined,
    })
  }
}

/** With multipath on, even a drive of one controller is named after its subsystem's number. */
function pathName(
  linux: EmulatedLinux,
  controller: HostController,
  head: NamespaceHead,
  multipath: boolean
): string {
  const { subsystem, instance } = controller
  if (multipath) return `nvme${subsystem.instance}c${instance}n${head.instance}`
  const first = linux.facts.multipath ? subsystem.instance : instance
  return `nvme${first}n${head.instance}`
}

function headOf(subsystem: HostSubsystem, namespace: NvmeNamespace): NamespaceHead {
  const known = subsystem.heads.get(namespace.nsid)
  if (known) return known
  const taken = [...subsystem.heads.values()].map((head) => head.instance)
  const instance = lowestFree(taken, 1)
  const head: NamespaceHead = { instance, namespace, disk: undefined, paths: new Set() }
  subsystem.heads.set(namespace.nsid, head)
  return head
}

function addDisk(
  linux: EmulatedLinux,
  disk: Omit<Disk, 'minor' | 'sequence' | 'holders'>
): Disk {
  const mounted = linux.mounts.flatMap(({ disk: one }) => (one.kind === 'sata' ? [] : one))
  const minors = [...linux.disks.values(), ...mounted].map((one) => one.minor)
  const added: Disk = {
    ...disk,
    minor: lowestFree(minors, 0),
    sequence: ++linux.sequence.disk,
    holders: new Set(),
  }
  linux.disks.set(disk.name, added)
  emitDisk(linux, 'add', added, diskPath(added))
  return added
}

function removePath(linux: EmulatedLinux, path: Disk): void {
  const { head, subsystem } = path
  head.paths.delete(path)
  removeDisk(linux, path)
  if (head.paths.size > 0) return
  if (head.disk) removeDisk(linux, head.disk)
  subsystem.heads.delete(head.namespace.nsid)
}

function removeDisk(linux: EmulatedLinux, disk: Disk): void {
  linux.disks.delete(disk.name)
  emitDisk(linux, 'remove', disk, diskPath(disk))
}
