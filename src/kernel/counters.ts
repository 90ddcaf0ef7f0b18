/**
 * Counters cross the seam as numbers. The real kernel keeps descriptors and parses; the emulator fills the same
 * columns from its load model. Units and order of each source are stated here once.
 */
export type CounterSource =
  /**
   * /sys/block/DISK/stat: the first 11 numbers (see BLOCK_STAT). Path device under native multipath.
   * Source: Linux Documentation/block/stat.rst.
   */
  | { readonly kind: 'blockStat'; readonly path: string }
  /** `busy=` of /sys/kernel/debug/block/DISK/hctxN/tags: requests in flight on that hardware queue. One number. */
  | { readonly kind: 'tagsBusy'; readonly path: string }
  /** Lines of /proc/interrupts with these action names (`nvme0q1`, `vfio-msix[0](0000:01:00.1)`): one sum over CPUs each. */
  | { readonly kind: 'interrupts'; readonly names: readonly string[] }

/** Positions in a blockStat source. Sectors are 512 bytes always, ticks are milliseconds. */
export const BLOCK_STAT = {
  readIos: 0,
  readMerges: 1,
  readSectors: 2,
  readTicks: 3,
  writeIos: 4,
  writeMerges: 5,
  writeSectors: 6,
  writeTicks: 7,
  inFlight: 8,
  ioTicks: 9,
  timeInQueue: 10,
} as const

export const BLOCK_STAT_LENGTH = 11

/** Numbers that a source yields. */
export function counterLength(source: CounterSource): number {
  switch (source.kind) {
    case 'blockStat':
      return BLOCK_STAT_LENGTH
    case 'tagsBusy':
      return 1
    case 'interrupts':
      return source.names.length
  }
}

export interface CounterReader {
  /** All sources' numbers, one after the other in the order of the sources; NaN where not observed. */
  readonly values: Float64Array
  /** Refills `values` in place. Never throws for a source that has gone: its numbers become NaN. */
  read: () => Promise<void>
  close: () => Promise<void>
}
