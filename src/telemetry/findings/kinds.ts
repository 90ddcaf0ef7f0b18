/** What is found, and by which thresholds: the only place where they stand. */
import type { HoldTimes } from './held.ts'

export const THRESHOLDS = {
  /** Commands in flight and none completed for so long; over with the first completion. */
  'queue-stuck': { beginMs: 10_000, endMs: 0 },
  /** No entry of the queue is free; over when a quarter of them is. */
  'queue-full': { beginMs: 30_000, endMs: 30_000, freePartAtEnd: 0.25 },
  /** One of at least four queues has 80 % of at least 1000 commands/s; over below 60 % or 500/s. */
  'one-queue': {
    beginMs: 60_000,
    endMs: 60_000,
    queues: 4,
    part: 0.8,
    partAtEnd: 0.6,
    perSecond: 1000,
    perSecondAtEnd: 500,
  },
  /**
   * Commands wait four times as long as those of a neighbour on the same drive that has 80 % of at least 1000 commands/s,
   * and less than 10 % get through; over when they wait less than twice as long, or have 20 %.
   */
  'vf-starved': {
    beginMs: 30_000,
    endMs: 30_000,
    noisyPart: 0.8,
    part: 0.1,
    partAtEnd: 0.2,
    times: 4,
    timesAtEnd: 2,
    perSecond: 1000,
  },
  /**
   * Minutes whose mean latency is at least twice, and four standard deviations above, what it has been over the last day or
   * so; an hour has to be known. Over below 1.4 times and two deviations.
   */
  'latency-unusual': {
    beginMs: 2 * 60_000,
    endMs: 2 * 60_000,
    octaves: 1,
    octavesAtEnd: 0.5,
    deviations: 4,
    deviationsAtEnd: 2,
    minutes: 60,
    memoryMinutes: 1440,
  },
  /** Any bit of the drive's own Critical Warning. */
  'health-critical-warning': { beginMs: 0, endMs: 0 },
  /** 0 is what drives say that do not know. */
  'health-spare': { beginMs: 0, endMs: 0, percent: 10 },
  'health-worn': { beginMs: 0, endMs: 0, percent: 90 },
  'health-hot': { beginMs: 0, endMs: 0, kelvin: 343, kelvinAtEnd: 338 },
} as const satisfies Record<string, HoldTimes & Record<string, number>>

export type FindingKind = keyof typeof THRESHOLDS

export const HEALTH_KINDS = [
  'health-critical-warning',
  'health-spare',
  'health-worn',
  'health-hot',
] as const satisfies readonly FindingKind[]
