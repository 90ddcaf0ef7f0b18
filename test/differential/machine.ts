/** A kernel to do commands on, real or emulated, one call after the other. */
import type { KernelAnswer, KernelCall } from '../../src/kernel/call.ts'

export type Machine = {
  /** @throws KernelError with the errno @throws WaitsError */
  readonly ask: <C extends KernelCall>(call: C) => Promise<KernelAnswer<C>>
  /** Lets the kernel go on by itself. */
  readonly sleep: (ms: number) => Promise<void>
}

/** A call has not come back within what nothing but a timeout of the kernel takes. */
export class WaitsError extends Error {}

/** Less than the 30 s that nvme gives an I/O, and several times what anything else takes in a guest. */
export const MOST_WAIT_MS = 25_000

export function errnoIn(cause: unknown): string | undefined {
  const isKernels =
    cause instanceof Error && cause.name === 'KernelError' && 'errno' in cause
  return isKernels ? String(cause.errno) : undefined
}
