/** Reads of a capture: small files, and what goes through a lane. */
import type { KernelAnswer, KernelCall } from '../kernel/call.ts'
import { KernelError } from '../kernel/kernel-error.ts'
import type { Kernel } from '../kernel/kernel.ts'

/** What a machine that cannot be captured says; nothing has been changed. */
export class CaptureError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CaptureError'
  }
}

/** undefined: there is no such file. */
export async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof KernelError && error.errno === 'ENOENT') return undefined
    throw error
  }
}

/** As `0x1b36`. */
export async function readHex(kernel: Kernel, path: string): Promise<number> {
  return hexOf(await kernel.call({ call: 'read', path }), path)
}

/** With or without 0x, as sriov_vf_device has none. */
export function hexOf(text: string, path: string): number {
  const digits = text.trim().replace(/^0x/, '')
  if (!/^[0-9a-f]+$/i.test(digits)) throw new CaptureError(`${path} holds no number`)
  return parseInt(digits, 16)
}

const DEADLINE_MS = 30_000

/** @throws {CaptureError} it does not come back */
export async function throughLane<C extends KernelCall>(
  kernel: Kernel,
  key: string,
  call: C
): Promise<KernelAnswer<C>> {
  const answer = await kernel.lane(key).call(call, { deadlineMs: DEADLINE_MS })
  if (answer.done) return answer.answer
  throw new CaptureError(`a call to ${key} does not come back: something holds its lock`)
}
