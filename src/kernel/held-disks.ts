/**
 * Disks that this process holds exclusively, and what it reads from and writes to them. A lane's process keeps them: what
 * it holds it lets go of with its end.
 *
 * Opened with O_DIRECT: a read that the page cache answers would prove nothing of the drive. O_EXCL without O_CREAT is how
 * Linux claims a whole block device, partitions included (block/bdev.c, bd_prepare_to_claim); mounts, swap, MD and device
 * mapper claim it the same way.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { MAX_BLOCK_BYTES, MAX_ZERO_BYTES } from './call.ts'
import { KernelError } from './kernel-error.ts'
import { libc } from './libc.ts'

type Held = { readonly fd: number; readonly node: string }

const held = new Map<string, Held>()

const DISK = /^\/dev\/nvme\d+n\d+$/

/** @throws {KernelError} EBUSY; ENOTBLK for what is no block device @throws Error (a bug) for a disk that is not NVMe */
export function holdDisk(path: string): null {
  if (!DISK.test(path)) throw new Error(`${path} is no disk of a namespace`)
  const now = held.get(path)
  if (now?.node === nodeAt(path)) return null
  letGoDisk(path) // a disk that has gone, and whose name another has now
  const flags = constants.O_RDWR | constants.O_EXCL | constants.O_DIRECT | constants.O_SYNC
  const fd = openSync(path, flags)
  const status = fstatSync(fd)
  if (!status.isBlockDevice()) {
    closeSync(fd)
    throw new KernelError('holdDisk', path, 'ENOTBLK')
  }
  held.set(path, { fd, node: `${status.dev} ${status.ino} ${status.rdev}` })
  return null
}

/** devtmpfs makes a node anew for a disk that appears again. */
function nodeAt(path: string): string {
  const { dev, ino, rdev } = statSync(path)
  return `${dev} ${ino} ${rdev}`
}

export function letGoDisk(path: string): null {
  const now = held.get(path)
  held.delete(path)
  if (now) closeSync(now.fd)
  return null
}

/** @throws {KernelError} EBADF unless held; EINVAL for parts of blocks @throws Error (a bug) for more than a call may carry */
export function readBlocks(path: string, offset: number, length: number): Uint8Array {
  const fd = heldAs('readBlocks', path)
  const bytes = buffer(length, MAX_BLOCK_BYTES)
  flushCache(fd, path)
  let filled = 0
  while (filled < length) {
    const more = readSync(fd, bytes, filled, length - filled, offset + filled)
    if (more === 0) throw new KernelError('readBlocks', path, 'EINVAL') // past its end
    filled += more
  }
  return Uint8Array.from(bytes)
}

export function writeBlocks(path: string, offset: number, bytes: Uint8Array): null {
  const fd = heldAs('writeBlocks', path)
  const aligned = buffer(bytes.length, MAX_BLOCK_BYTES)
  aligned.set(bytes)
  return writeAll(fd, path, aligned, offset)
}

export function writeZeroes(path: string, offset: number, length: number): null {
  const fd = heldAs('writeZeroes', path)
  if (length > MAX_ZERO_BYTES) throw new Error(`${length} bytes are too many for one call`)
  for (let at = 0; at < length; at += MAX_BLOCK_BYTES) {
    const piece = buffer(Math.min(MAX_BLOCK_BYTES, length - at), MAX_BLOCK_BYTES)
    writeAll(fd, path, piece.fill(0), offset + at)
  }
  return null
}

function heldAs(call: string, path: string): number {
  const now = held.get(path)
  if (!now) throw new KernelError(call, path, 'EBADF')
  return now.fd
}

function writeAll(fd: number, path: string, bytes: Uint8Array, offset: number): null {
  let written = 0
  while (written < bytes.length) {
    const more = writeSync(fd, bytes, written, bytes.length - written, offset + written)
    if (more === 0) throw new KernelError('writeBlocks', path, 'EIO')
    written += more
  }
  return null
}

/** What O_DIRECT asks of memory at most. Source: Linux block/fops.c, blkdev_dio_unaligned. */
const ALIGNMENT = 4096

let memory: Uint8Array | undefined

/** Kept, since nothing here waits. */
function buffer(length: number, most: number): Uint8Array {
  if (length > most) throw new Error(`${length} bytes are too many for one call`)
  if (!memory) {
    const raw = Buffer.allocUnsafeSlow(MAX_BLOCK_BYTES + ALIGNMENT)
    const beyond = Number(libc().address(raw) % BigInt(ALIGNMENT))
    const from = (ALIGNMENT - beyond) % ALIGNMENT
    memory = raw.subarray(from, from + MAX_BLOCK_BYTES)
  }
  return memory.subarray(0, length)
}

/** _IO(0x12, 97). Source: Linux include/uapi/linux/fs.h. */
const BLKFLSBUF = 0x1261

/** For whoever read the disk through the page cache before, and will again. */
function flushCache(fd: number, path: string): void {
  if (libc().ioctl(fd, BLKFLSBUF, new Uint8Array(8)) < 0)
    throw new KernelError('readBlocks', path, libc().errno())
}
