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
  | HistogramSource

/**
 * A histogram that a trace trigger keeps, in a `hist` file of tracefs, by controller, queue and, with more than one bucket,
 * a value by powers of two (`.log2`). Numbers: `buckets` for each queue, queues from 1 on, controllers in their order; 0
 * where nothing was counted, all NaN when the histogram is not there or has dropped anything.
 * Source: Linux Documentation/trace/histogram.rst.
 */
export type HistogramSource = {
  readonly kind: 'histogram'
  readonly path: string
  /** How its trigger begins, since others may have histograms in the same file: `hist:name=x:`. */
  readonly trigger: string
  /** 1: no third key. Bucket b is 2^(b-1) < value <= 2^b, 0 is at most 1, the last has all above. */
  readonly buckets: number
  readonly controllers: readonly TracedController[]
}

export type TracedController = {
  /** X of nvmeX. */
  readonly instance: number
  /** I/O queues. */
  readonly queues: number
}

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
    case 'histogram':
      return queuesOf(source) * source.buckets
  }
}

function queuesOf({ controllers }: HistogramSource): number {
  return controllers.reduce((sum, { queues }) => sum + queues, 0)
}

export interface CounterReader {
  /** All sources' numbers, one after the other in the order of the sources; NaN where not observed. */
  readonly values: Float64Array
  /** Refills `values` in place. Never throws for a source that has gone: its numbers become NaN. */
  read: () => Promise<void>
  close: () => Promise<void>
}
