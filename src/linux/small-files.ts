/** Reading the small text files of sysfs and procfs, on the event loop or in a lane. */
import type { KernelAnswer, KernelCall } from '../kernel/call.ts'
import { KernelError } from '../kernel/kernel-error.ts'

/** Makes one call: `kernel.call` for what never blocks, a lane's for the rest. */
export type Caller = <C extends KernelCall>(call: C) => Promise<KernelAnswer<C>>

/** Without the newline at its end, or the padding that NVMe strings have. */
export async function readText(call: Caller, path: string): Promise<string> {
  return (await call({ call: 'read', path })).trim()
}

/** A decimal number. @throws Error when the kernel gave something else: a path that we misunderstood */
export async function readCount(call: Caller, path: string): Promise<number> {
  const text = await readText(call, path)
  if (!/^-?\d+$/.test(text)) throw new Error(`${path} reads ${JSON.stringify(text)}`)
  return Number(text)
}

/** null where the thing is not there, or went away while it was looked at. */
export async function ifPresent<T>(answer: Promise<T>): Promise<T | null> {
  return orNull(answer, ['ENOENT', 'ENODEV', 'ENXIO', 'ENOTDIR'])
}

/** null where it cannot be read, for whatever reason: attributes that we can do without. */
export async function ifReadable<T>(answer: Promise<T>): Promise<T | null> {
  return orNull(answer, undefined)
}

async function orNull<T>(
  answer: Promise<T>,
  errnos: readonly string[] | undefined
): Promise<T | null> {
  try {
    return await answer
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause
    if (errnos !== undefined && !errnos.includes(cause.errno)) throw cause
    return null
  }
}
