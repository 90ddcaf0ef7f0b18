/** What the emulator is known to answer otherwise than the real kernel on QEMU 7.2, and why it is left so. */
import type { Difference } from './differences.ts'

export type KnownDifference = {
  readonly why: string
  readonly isIt: (difference: Difference) => boolean
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = []

export function isKnown(difference: Difference): boolean {
  return KNOWN_DIFFERENCES.some(({ isIt }) => isIt(difference))
}
