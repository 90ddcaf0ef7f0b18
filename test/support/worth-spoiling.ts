/** Which writes of a run are worth a run each in which they are spoiled. */
import type { KernelCall } from '../../src/kernel/call.ts'

/** All, but of a row of blocks that are written on one disk the first and the last. */
export function worthSpoiling(writes: readonly KernelCall[]): readonly number[] {
  const isOneOfMany = (nth: number) =>
    [nth - 1, nth, nth + 1].every((at) => {
      const [write, other] = [writes[nth], writes[at]]
      if (write?.call !== 'writeBlocks' || other?.call !== 'writeBlocks') return false
      return write.path === other.path
    })
  return writes.flatMap((_, nth) => (isOneOfMany(nth) ? [] : [nth]))
}
