/**
 * One tick of one function's raw counters. Cumulative where the source is; rates are computed in telemetry/.
 * NaN: not observed.
 */
import type { PciAddress } from '../nvme/pci-address.ts'

export type HostFrame = {
  readonly bootId: string
  readonly fn: PciAddress
  /** The host's monotonic clock, ms. */
  readonly sourceClockMs: number
  /** Wall clock of the host, ms since the epoch. */
  readonly wallClockMs: number
  /** From 1, per watch and function, without gaps. */
  readonly sequence: number
  readonly observed: FrameObserved
}

export type FrameObserved =
  | {
      readonly observed: true
      /**
       * The same for as long as the counters are those of the same controller instance and the same disks. Those of two
       * lives have nothing to do with each other, though they may look so.
       */
      readonly life: string
      /** Where the numbers come from. */
      readonly sources: readonly FrameSource[]
      readonly queues: QueueColumns
      readonly device: DeviceColumns
      /** Why commands and latencies are not observed though they were asked for; absent: they are, or were not. */
      readonly untraced?: Untraced
    }
  | {
      readonly observed: false
      readonly why: NotObserved
      readonly queues?: QueueColumns
      /** Why the queues' interrupts are not observed either; absent: they are. */
      readonly interrupts?: { readonly observed: false; readonly why: UncountedInterrupts }
    }

export type FrameSource =
  'block-layer' | 'blk-mq-debugfs' | 'trace-histograms' | 'interrupts' | 'emulator'

/** Latency is counted by powers of two: bucket `b` is 2^(b-1) < µs <= 2^b, 0 is at most 1 µs, the last one has all above. */
export const LATENCY_BUCKETS = 32

/** Why a function's queues cannot be seen from the host. */
export type NotObserved = 'owned-by-guest' | 'no-driver' | 'gone' | 'controller-not-live'

/** None has been counted since the watch began, and the hardware may hand them to the guest past the host's kernel. */
export type UncountedInterrupts = 'posted-interrupts-possible'

export type Untraced =
  | NoTracing
  /** Not yet: the kernel takes a moment. */
  | 'arming'
  /** The kernel, or a call that does not come back, kept it from being armed. */
  | 'refused'
  /** What was armed has gone, or the kernel had no room for what it should have counted. */
  | 'lost'

/** Why a kernel cannot count by traces. */
export type NoTracing =
  | 'not-mounted'
  /** It was built without histograms of events (CONFIG_HIST_TRIGGERS, CONFIG_SYNTH_EVENTS). */
  | 'no-histograms'
  /** It has no events of NVMe: the driver is not there. */
  | 'no-nvme-events'
  /** Too few rights, or a kernel in lockdown. */
  | 'not-permitted'

/** One row per I/O queue pair, ascending. */
export type QueueColumns = {
  /** NVMe queue id, 1-based. */
  readonly qid: Float64Array
  /** Commands in flight now. */
  readonly inFlight: Float64Array
  /** Interrupts since the driver was bound; completions may share one. */
  readonly interrupts: Float64Array
  /** Commands completed since the counting began: each one is counted. */
  readonly commands: Float64Array
  /** Those commands by their latency: LATENCY_BUCKETS for each queue, row by row. Empty: not observed. */
  readonly latency: Float64Array
  /** CPUs that submit to this queue, as `0-1` or `2, 3`. */
  readonly cpus: readonly string[]
}

/** Sums over the namespaces of the controller. Requests, bytes, ms. */
export type DeviceColumns = {
  readonly readIos: number
  readonly readBytes: number
  readonly readTicksMs: number
  readonly writeIos: number
  readonly writeBytes: number
  readonly writeTicksMs: number
  readonly inFlight: number
}
