/**
 * Load as a machine file describes it: who sends how much, and how fast the drive is. All of it for one function; a VF
 * has that of its PF.
 */

export type LoadDescription = SteadyLoad | ArrivingLoad | FixedDepthLoad

/** Commands come at a mean rate, and the drive is never the bottleneck. */
export type SteadyLoad = { readonly iops: number; readonly latencyUs: number }

/** Commands come at a mean rate, whatever the drive does: an open system. */
export type ArrivingLoad = Service & {
  /** On all I/O queues together. */
  readonly arrivalsPerSecond: number
  readonly burst?: BurstDescription
}

/** Each I/O queue always has as many commands in flight, as a benchmark does: a closed system. */
export type FixedDepthLoad = Service & {
  /** Of each I/O queue. */
  readonly depth: number
}

export type Service = {
  /** That the drive takes for a command that has not to wait. */
  readonly serviceMicroseconds: number
  /** Commands that it works on at a time; default: however many there are. */
  readonly parallelism?: number
  readonly coalescing?: CoalescingDescription
}

/** Commands come faster for a while, in every period. */
export type BurstDescription = {
  readonly everyMs: number
  readonly forMs: number
  /** Times the mean rate; what is left of the mean comes between bursts. */
  readonly factor: number
}

/** NVMe Base 2.1, "Interrupt Coalescing" (FID 08h), in plain numbers. */
export type CoalescingDescription = {
  /** Completions for which an interrupt waits: 1 to 256. */
  readonly threshold: number
  /** How long it waits for them at most, in steps of 100. */
  readonly microseconds: number
}

export type ArrivingOrFixed = ArrivingLoad | FixedDepthLoad

export function asQueueing(load: LoadDescription): ArrivingOrFixed {
  if (!('iops' in load)) return load
  return { arrivalsPerSecond: load.iops, serviceMicroseconds: load.latencyUs }
}
