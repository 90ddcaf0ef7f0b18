/**
 * Which device a node is of, by kind and number: they are the same under whatever name it was opened, in a container's /dev
 * or a chroot's.
 *
 * Source: statx(2); Linux include/uapi/linux/stat.h (struct statx), fs/stat.c, vfs_getattr_nosec.
 */
import { constants } from 'node:fs'
import { libc } from './libc.ts'

/** Paths here are absolute: no folder is needed that they would start from. */
const AT_FDCWD = -100
const AT_NO_AUTOMOUNT = 0x800
const AT_STATX_DONT_SYNC = 0x4000
/**
 * Mode and device number are given even so. What is asked for may be fetched: a FUSE server is asked again for whatever it
 * has called out of date.
 */
const NOTHING_IN_PARTICULAR = 0

const STATX_BYTES = 256
/** Offsets in struct statx. */
const AT = { mode: 28, rdevMajor: 128, rdevMinor: 132 }

const answer = Buffer.allocUnsafeSlow(STATX_BYTES)

/**
 * As the kernel remembers it: nfs, FUSE, CIFS and Ceph then wait for no server, so that a descriptor of a file on one that
 * is gone can be asked about as well.
 *
 * @returns `b259:1`, `c1:3`; undefined: it is no device node, or cannot be looked at
 */
export function deviceNumberOf(path: string): string | undefined {
  const flags = AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC
  if (libc().statx(AT_FDCWD, path, flags, NOTHING_IN_PARTICULAR, answer) < 0)
    return undefined
  const kind = kindOf(answer.readUInt16LE(AT.mode))
  if (kind === undefined) return undefined
  return `${kind}${answer.readUInt32LE(AT.rdevMajor)}:${answer.readUInt32LE(AT.rdevMinor)}`
}

function kindOf(mode: number): 'b' | 'c' | undefined {
  switch (mode & constants.S_IFMT) {
    case constants.S_IFBLK:
      return 'b'
    case constants.S_IFCHR:
      return 'c'
    default:
      return undefined
  }
}
