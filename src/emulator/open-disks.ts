/** Who has disks open: nvirt, mounts, other processes. Source: Linux block/bdev.c, bd_prepare_to_claim. */
import type { DescriptorHolder } from '../kernel/call.ts'
import { blockDeviceNamed } from './block-devices.ts'
import type { BlockDevice } from './block-devices.ts'
import type { EmulatedLinux } from './linux.ts'
import { Refused } from './refused.ts'
import type { Directory } from './sysfs/node.ts'
import { find } from './sysfs/walk.ts'

/** EBUSY while something has claimed the disk: a mounted file system, swap, device mapper, MD, or nvirt while it cleans. */
export function exclusiveOpen(linux: EmulatedLinux, root: Directory, path: string): null {
  find(root, path, 'follow')
  const disk = blockDeviceNamed(linux, path.replace(/^\/dev\//, ''))
  if (disk && (isClaimed(linux, disk) || linux.heldDisks.has(disk)))
    throw new Refused('EBUSY')
  return null
}

/** By somebody else than nvirt. */
export function isClaimed(linux: EmulatedLinux, disk: BlockDevice): boolean {
  const isMounted = linux.mounts.some((mount) => mount.disk === disk)
  const isOpen = [...linux.openDisks].some((one) => one.disk === disk && one.exclusively)
  return isMounted || isOpen || linux.swaps.includes(disk) || disk.holders.size > 0
}

/** By its node; nobody opens partitions here. */
export function openersOf(linux: EmulatedLinux, path: string): readonly DescriptorHolder[] {
  const disk = blockDeviceNamed(linux, path.replace(/^\/dev\//, ''))
  if (!disk) return []
  const others = [...linux.openDisks].filter((open) => open.disk === disk)
  return [
    ...(linux.heldDisks.has(disk) ? [LANE] : []),
    ...others.map(({ pid, command }) => ({ pid, command: inProc(command) })),
  ]
}

/** nvirt's lanes are processes of their own, whatever they are here. */
const LANE: DescriptorHolder = { pid: 2, command: 'nvirt-lane', ours: true }

/** As much of a command as /proc/PID/comm holds. */
export function inProc(command: string): string {
  return command.slice(0, 15)
}

/** EBUSY when it is asked for exclusively and somebody has claimed it. */
export function openDisk(
  linux: EmulatedLinux,
  name: string,
  command: string,
  how: 'plainly' | 'exclusively'
): () => void {
  const disk = blockDeviceNamed(linux, name)
  if (!disk || disk.kind === 'path') throw new Refused('ENOENT')
  const exclusively = how === 'exclusively'
  if (exclusively && (isClaimed(linux, disk) || linux.heldDisks.has(disk)))
    throw new Refused('EBUSY')
  const open = { disk, pid: ++linux.sequence.pid, command, exclusively }
  linux.openDisks.add(open)
  return () => void linux.openDisks.delete(open)
}
