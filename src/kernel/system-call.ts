/**
 * Makes a kernel call, now, in this thread: on the event loop for what never blocks, in a lane's process for the rest.
 * Synchronous on purpose: `fs.promises` costs sixty times a direct read, and its threads are four.
 */
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  readdirSync,
  readlinkSync,
  writeSync,
} from 'node:fs'
import { adminIoctl } from './admin-ioctl.ts'
import type { KernelAnswer, KernelAnswers, KernelCall } from './call.ts'
import { holdersOf, pathsOf } from './descriptor-holders.ts'
import { errnoName } from './errno-name.ts'
import { holdDisk, letGoDisk, readBlocks, writeBlocks, writeZeroes } from './held-disks.ts'
import { KernelError } from './kernel-error.ts'
import { vfioGroupStatus } from './vfio-group.ts'

/** Reads a piece at a time. Shared, since nothing here waits. */
const piece = Buffer.allocUnsafeSlow(64 * 1024)

/** @throws {KernelError} with the errno @throws Error (a bug) for a command that `adminIoctl` refuses */
export function systemCall<C extends KernelCall>(call: C): KernelAnswer<C> {
  try {
    return answerTo(call) as KernelAnswer<C> // the switch answers each kind with its own type
  } catch (cause) {
    throw asKernelError(call, cause)
  }
}

/** What the call is about, for messages. */
export function subjectOf(call: KernelCall): string {
  return call.call === 'admin' ? call.device : call.path
}

function answerTo(call: KernelCall): KernelAnswers[KernelCall['call']] {
  switch (call.call) {
    case 'read':
      return readWhole(call.path)
    case 'readBytes':
      return readStart(call.path, call.length)
    case 'readLink':
      return readlinkSync(call.path)
    case 'readDir':
      return readdirSync(call.path).sort()
    case 'exists':
      return existsSync(call.path)
    case 'write':
      return writeOnce(call.path, call.text)
    case 'admin':
      return adminIoctl(call.device, call.command)
    case 'openExclusive':
      return openedAndClosed(call.path, constants.O_RDONLY | constants.O_EXCL)
    case 'holdDisk':
      return holdDisk(call.path)
    case 'letGoDisk':
      return letGoDisk(call.path)
    case 'readBlocks':
      return readBlocks(call.path, call.offset, call.length)
    case 'writeBlocks':
      return writeBlocks(call.path, call.offset, call.bytes)
    case 'writeZeroes':
      return writeZeroes(call.path, call.offset, call.length)
    case 'vfioGroupStatus':
      return vfioGroupStatus(call.path)
    case 'holders':
      return holdersOf(pathsOf(call))
  }
}

function readWhole(path: string): string {
  return withFile(path, constants.O_RDONLY, (fd) => {
    const pieces: Buffer[] = []
    for (;;) {
      const length = readSync(fd, piece, 0, piece.length, null)
      if (length === 0) return Buffer.concat(pieces).toString('utf8')
      pieces.push(Buffer.from(piece.subarray(0, length)))
    }
  })
}

function readStart(path: string, length: number): Uint8Array {
  return withFile(path, constants.O_RDONLY, (fd) => {
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const more = readSync(fd, bytes, filled, length - filled, filled)
      if (more === 0) break
      filled += more
    }
    return bytes.slice(0, filled)
  })
}

/** An attribute takes the whole text in one write(2), or refuses it. */
function writeOnce(path: string, text: string): null {
  return withFile(path, constants.O_WRONLY, (fd) => {
    const bytes = Buffer.from(text)
    if (writeSync(fd, bytes, 0, bytes.length, null) < bytes.length)
      throw new KernelError('write', path, 'EIO')
    return null
  })
}

function openedAndClosed(path: string, flags: number): null {
  return withFile(path, flags, () => null)
}

function withFile<T>(path: string, flags: number, use: (fd: number) => T): T {
  const fd = openSync(path, flags)
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

/** What is no errno of the call comes back as it is. */
export function asKernelError(call: KernelCall, cause: unknown): unknown {
  if (cause instanceof KernelError || !hasErrno(cause)) return cause
  return new KernelError(call.call, subjectOf(call), errnoName(-cause.errno))
}

/** Node's own errors of a system call carry libuv's number: the errno, negative. */
function hasErrno(cause: unknown): cause is Error & { readonly errno: number } {
  return cause instanceof Error && 'errno' in cause && typeof cause.errno === 'number'
}
