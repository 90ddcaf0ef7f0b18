/**
 * Status of a VFIO group. One process may have it open at a time, so opening answers whether somebody does: EBUSY.
 *
 * Source: Linux include/uapi/linux/vfio.h (VFIO_GROUP_GET_STATUS), drivers/vfio/group.c.
 */
import { closeSync, openSync } from 'node:fs'
import { KernelError } from './kernel-error.ts'
import { libc } from './libc.ts'

/** _IO(';', 100 + 3) */
const VFIO_GROUP_GET_STATUS = 0x3b67
const VFIO_GROUP_FLAGS_VIABLE = 1
/** struct vfio_group_status: u32 argsz, u32 flags. */
const STATUS_BYTES = 8

/** @param path /dev/vfio/N @throws {KernelError} EBUSY while a consumer has it */
export function vfioGroupStatus(path: string): { readonly viable: boolean } {
  const fd = openSync(path, 'r+')
  try {
    const status = Buffer.alloc(STATUS_BYTES)
    status.writeUInt32LE(STATUS_BYTES, 0)
    if (libc().ioctl(fd, VFIO_GROUP_GET_STATUS, status) < 0)
      throw new KernelError('vfioGroupStatus', path, libc().errno())
    return { viable: (status.readUInt32LE(4) & VFIO_GROUP_FLAGS_VIABLE) !== 0 }
  } finally {
    closeSync(fd)
  }
}
