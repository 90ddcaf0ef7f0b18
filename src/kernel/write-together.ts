/** Writes that are made at the same time, each in a thread of Node's pool. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
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
    const bytes = Buffer.from(call.text)
    const bytesWritten = await writtenTo(call.path, bytes)
    if (bytesWritten < bytes.length) throw new KernelError('write', call.path, 'EIO')
  } catch (cause) {
    throw asKernelError(call, cause)
  }
}

async function writtenTo(path: string, bytes: Uint8Array): Promise<number> {
  const file = await open(path, constants.O_WRONLY)
  try {
    return (await file.write(bytes)).bytesWritten
  } finally {
    await file.close()
  }
}
