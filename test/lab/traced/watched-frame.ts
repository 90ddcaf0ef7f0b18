/** What the watch in the guest prints of a frame. NaN is null, as JSON has it. */
export type WatchedFrame = {
  readonly atMs: number
  readonly untraced: string | null
  /** Of each I/O queue. */
  readonly commands: readonly (number | null)[]
  /** 32 buckets of each I/O queue. */
  readonly latency: readonly (number | null)[]
  readonly inFlight: readonly (number | null)[]
}
