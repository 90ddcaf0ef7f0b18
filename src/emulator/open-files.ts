/** VFIO groups that processes have open, and mounts. Source: Linux drivers/vfio/group.c. */
import type { DescriptorHolder } from '../kernel/call.ts'
import { blockDeviceNamed } from './block-devices.ts'
import type { BlockDevice } from './block-devices.ts'
import { resetFunction } from './pci/function-reset.ts'
import { activeNamespaces, enabledByDriver, interruptVectors } from './devices/subsystem.ts'
import type { EmulatedLinux, GuestDevice } from './linux.ts'
import { ioQueuesOf } from './nvme-driver/controllers.ts'
import { allocateIrqs } from './pci/interrupts.ts'
import { hasVfioNode, isViable } from './pci/iommu-groups.ts'
import { respondsTo } from './pci/pci-function.ts'
import type { PciFunction } from './pci/pci-function.ts'
import { inProc, openersOf } from './open-disks.ts'
import { Refused } from './refused.ts'

/** One opener per group. Source: vfio_group_fops_open, vfio_group_ioctl_get_status. */
export function vfioGroupStatus(linux: EmulatedLinux, path: string) {
  const group = groupAt(linux, path)
  if (linux.holds.has(group.number)) throw new Refused('EBUSY')
  return { viable: isViable(group) }
}

export function holdersOf(
  linux: EmulatedLinux,
  paths: readonly string[]
): readonly DescriptorHolder[] {
  return paths.flatMap((path) =>
    [...groupHolders(linux, path), ...openersOf(linux, path)].map((holder) => ({
      ...holder,
      ...(paths.length > 1 && { paths: [path] }),
    }))
  )
}

function groupHolders(linux: EmulatedLinux, path: string): readonly DescriptorHolder[] {
  const number = /^\/dev\/vfio\/(\d+)$/.exec(path)?.[1]
  const hold = number === undefined ? undefined : linux.holds.get(Number(number))
  return hold && hold.command !== null
    ? [{ pid: hold.pid, command: inProc(hold.command) }]
    : []
}

/**
 * A process takes the group, as QEMU does: it opens every function of it, and each is reset on the way. EPERM when the
 * group is not viable.
 */
export function openGroup(
  linux: EmulatedLinux,
  number: number,
  command: string | null
): () => void {
  const group = groupAt(linux, `/dev/vfio/${number}`)
  if (linux.holds.has(number)) throw new Refused('EBUSY')
  if (!isViable(group)) throw new Refused('EPERM')
  const functions = [...group.members].filter(({ driver }) => driver === 'vfio-pci')
  for (const fn of functions) resetFunction(linux, fn)
  let release: () => void = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  const guests: GuestDevice[] = []
  linux.holds.set(number, { pid: ++linux.sequence.pid, command, guests, released })
  for (const fn of functions) guests.push(startGuest(linux, fn))
  return () => {
    if (linux.holds.get(number)?.released !== released) return
    for (const { meter } of guests) meter.setNamespaces([], linux.uptimeMs())
    linux.holds.delete(number)
    release()
  }
}

function startGuest(linux: EmulatedLinux, fn: PciFunction): GuestDevice {
  const controller = respondsTo(fn) ? fn.controller : undefined
  if (controller) enabledByDriver(controller)
  const queues = controller ? ioQueuesOf(linux, controller) : 0
  const meter = linux.loadMeter(fn, queues)
  meter.setNamespaces(controller ? activeNamespaces(controller) : [], linux.uptimeMs())
  const vectors = controller ? Math.min(interruptVectors(controller), queues + 1) : 0
  return { fn, meter, irqs: allocateIrqs(linux, vectors) }
}

function groupAt(linux: EmulatedLinux, path: string) {
  const number = /^\/dev\/vfio\/(\d+)$/.exec(path)?.[1]
  const group = number === undefined ? undefined : linux.groups.get(Number(number))
  if (!group || !hasVfioNode(group)) throw new Refused('ENOENT')
  return group
}

const FIRST_MOUNT_ID = 40

/** The mount stays in the table when its disk is torn away from under it. */
export function mountDisk(
  linux: EmulatedLinux,
  name: string,
  mountPoint: string
): () => void {
  const disk = blockDeviceNamed(linux, name)
  if (!disk || disk.kind === 'path') throw new Refused('ENOENT')
  const isTaken = linux.mounts.some((mount) => mount.disk === disk)
  if (isTaken || linux.heldDisks.has(disk)) throw new Refused('EBUSY')
  return addMount(linux, disk, mountPoint)
}

/** Whether or not it is mounted elsewhere already. */
export function addMount(
  linux: EmulatedLinux,
  disk: BlockDevice,
  mountPoint: string
): () => void {
  const id = Math.max(FIRST_MOUNT_ID, ...linux.mounts.map((mount) => mount.id + 1))
  const mount = { id, disk, mountPoint }
  linux.mounts.push(mount)
  return () => {
    const at = linux.mounts.indexOf(mount)
    if (at >= 0) linux.mounts.splice(at, 1)
  }
}
