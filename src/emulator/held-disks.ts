/**
 * Exclusive opens that are kept, and I/O through them. Source: Linux block/bdev.c, bd_prepare_to_claim; block/fops.c,
 * blkdev_direct_IO. Whose lane holds a disk is not told apart: a second one of nvirt's finds it held by itself.
 */
import { blockDeviceNamed, sizeBytesOf } from './block-devices.ts'
import type { KernelCall } from '../kernel/call.ts'
import type { NvmeNamespace } from './devices/subsystem.ts'
import type { EmulatedLinux } from './linux.ts'
import { WRITE_SECTORS } from './load/load-meter.ts'
import type { Disk } from './nvme-driver/host-controller.ts'
import { isClaimed } from './open-disks.ts'
import { respondsTo } from './pci/pci-function.ts'
import { Refused } from './refused.ts'
import { SECTOR } from './sysfs/disk-files.ts'

export type DiskCall = Extract<
  KernelCall,
  { readonly call: 'holdDisk' | 'letGoDisk' | 'readBlocks' | 'writeBlocks' | 'writeZeroes' }
>

export function diskCall(linux: EmulatedLinux, call: DiskCall): Uint8Array | null {
  const disk = diskAt(linux, call.path)
  switch (call.call) {
    case 'holdDisk':
      return hold(linux, disk)
    case 'letGoDisk':
      if (disk) linux.heldDisks.delete(disk)
      return null
    case 'readBlocks': {
      const { content } = blocks(linux, disk, call.offset, call.length)
      return content.read(call.offset, call.length)
    }
    case 'writeBlocks': {
      const namespace = blocks(linux, disk, call.offset, call.bytes.length)
      if (!namespace.content.write(call.offset, call.bytes)) throw new Refused('EIO')
      served(namespace, call.bytes.length)
      return null
    }
    case 'writeZeroes': {
      const namespace = blocks(linux, disk, call.offset, call.length)
      namespace.content.writeZeroes(call.offset, call.length)
      served(namespace, call.length)
      return null
    }
  }
}

function diskAt(linux: EmulatedLinux, path: string): Disk | undefined {
  const disk = blockDeviceNamed(linux, path.replace(/^\/dev\//, ''))
  return disk && disk.kind !== 'sata' && disk.kind !== 'path' ? disk : undefined
}

function hold(linux: EmulatedLinux, disk: Disk | undefined): null {
  if (!disk) throw new Refused('ENOENT')
  if (isClaimed(linux, disk)) throw new Refused('EBUSY')
  linux.heldDisks.add(disk)
  return null
}

/** What the I/O is done on, by a controller that answers. */
function blocks(
  linux: EmulatedLinux,
  disk: Disk | undefined,
  offset: number,
  length: number
): NvmeNamespace {
  if (!disk || !linux.heldDisks.has(disk)) throw new Refused('EBADF')
  const { namespace, paths } = disk.head
  const isWhole = (bytes: number) => bytes % namespace.blockBytes === 0
  if (!isWhole(offset) || !isWhole(length)) throw new Refused('EINVAL')
  if (offset + length > sizeBytesOf(disk)) throw new Refused('EINVAL')
  const ways = disk.kind === 'plain' ? [disk] : [...paths]
  const isServed = ways.some(({ controller }) => {
    return controller?.state === 'live' && respondsTo(controller.fn)
  })
  if (!isServed) throw new Refused('EIO')
  return namespace
}

/** Counted as a load's, which are of one size. */
const WRITE_BYTES = WRITE_SECTORS * SECTOR

function served({ served: io }: NvmeNamespace, length: number): void {
  io.writes += Math.ceil(length / WRITE_BYTES)
}
