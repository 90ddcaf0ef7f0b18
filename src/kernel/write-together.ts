/** Writes that are made at the same time, each in a thread of Node's pool. */
import { closeSync, constants, openSync, write } from 'node:fs'
import { allEnded } from './all-ended.ts'
import type { WriteCall } from './call.ts'
import { KernelError } from './kernel-error.ts'
import { asKernelError } from './system-call.ts'

/** @throws {KernelError} of the first that failed, once all have come back */
export async function writeTogether(calls: readonly WriteCall[]): Promise<null> {
  await allEnded(calls.map(inThread))
  return null
}

/** The whole text in one write(2), as `systemCall` does. */
async function inThread(call: WriteCall): Promise<void> {
  try {
    const fd = openSync(call.path, constants.O_WRONLY)
    const bytes = Buffer.from(call.text)
    const written = await writtenTo(fd, bytes).finally(() => closeSync(fd))
    if (written < bytes.length) throw new KernelError('write', call.path, 'EIO')
  } catch (cause) {
    throw asKernelError(call, cause)
  }
}

function writtenTo(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error, written) =>
      error ? reject(error) : resolve(written)
    )
  })
}
