/**
 * The lock of a lane and the record of its call: how a restarted service learns that a former one's lane still hangs.
 *
 * The lock is flock(2) on `<key>.lock`. The service takes it and hands the descriptor to the lane's process, which holds
 * it for as long as it lives, whatever becomes of the service: a process that hangs in the kernel cannot drop it. Before
 * each call the lane writes what it is about to do into `<key>.call`, and empties that file afterwards.
 */
import { closeSync, constants, mkdirSync, openSync, readFileSync } from 'node:fs'
import { KernelError } from './kernel-error.ts'
import type { LaneKey } from './kernel.ts'
import type { BlockedCall } from './kernel.ts'
import { libc } from './libc.ts'
import { fromLine } from './wire.ts'

/** Source: bits of flock(2). */
const LOCK_EX = 2
const LOCK_NB = 4

export type LaneFiles = { readonly lock: string; readonly record: string }

/** @throws Error (a bug) for a key that is no file name: keys are PCI addresses and `bus` */
export function laneFiles(folder: string, key: LaneKey): LaneFiles {
  if (!/^[0-9a-z][0-9a-z:.-]*$/.test(key)) throw new Error(`not a lane key: ${key}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return { lock: `${folder}/${key}.lock`, record: `${folder}/${key}.call` }
}

/** A descriptor that holds the lock until it and all its copies are closed; undefined when another process has it. */
export function takeLaneLock({ lock }: LaneFiles): number | undefined {
  const fd = openSync(lock, constants.O_RDWR | constants.O_CREAT, 0o600)
  if (libc().flock(fd, LOCK_EX | LOCK_NB) === 0) return fd
  const errno = libc().errno()
  closeSync(fd)
  if (errno === 'EAGAIN') return undefined
  throw new KernelError('flock', lock, errno)
}

export function isLaneHeld(files: LaneFiles): boolean {
  const fd = takeLaneLock(files)
  if (fd === undefined) return true
  closeSync(fd)
  return false
}

/** The call that a lane's process is making, by its own record; undefined between two calls. */
export function recordedCall({ record }: LaneFiles): BlockedCall | undefined {
  try {
    return asBlockedCall(fromLine(readFileSync(record, 'utf8')))
  } catch {
    return undefined
  }
}

/** The lane wrote it, from a call that this program sent; a torn or foreign file is no record. */
function asBlockedCall(record: unknown): BlockedCall | undefined {
  if (typeof record !== 'object' || record === null) return undefined
  const { call, sinceMs, lanePid } = record as Partial<BlockedCall>
  if (typeof call !== 'object' || typeof sinceMs !== 'number') return undefined
  return { call, sinceMs, lanePid: typeof lanePid === 'number' ? lanePid : undefined }
}
