/** Readings of functions, second by second, and what is found in them. */
import {
  Finder,
  type FindingSubject,
  type Told,
} from '../../../src/telemetry/findings/finder.ts'
import { LatencyWatch } from '../../../src/telemetry/findings/latency-watch.ts'

export type Queue = { readonly inFlight: number; readonly rate: number }

export type Second = {
  readonly id?: string
  readonly queues?: readonly Queue[]
  /** Of the function: reads. Default: the sum of its queues. */
  readonly rate?: number
  readonly inFlight?: number
  readonly latencyMs?: number
}

/** Depth of every queue: one entry always stays free. */
export const DEPTH = 64
export const PRIMARY = 'pf'

export function watchedSeries({ former = [] as readonly number[] } = {}) {
  const told: (Told & { readonly second: number })[] = []
  const latencies = new LatencyWatch(async () => former)
  let second = 0
  let sequence = 0
  const finder = new Finder({
    queueDepthOf: () => DEPTH,
    primaryOf: () => PRIMARY,
    isPresent: () => true,
    latencies,
    onTold: (one) => told.push({ ...one, second }),
  })

  /** One interval of those functions. */
  function pass(functions: readonly Second[]): void {
    second += 1
    for (const one of functions) {
      finder.take(
        { ...headingOf(one), sequence: sequence++, observed: observed(one) },
        second * 1000
      )
    }
  }

  return {
    told,
    finder,
    latencies,
    /** That many seconds, all the same. */
    seconds: (count: number, ...functions: readonly Second[]) => {
      for (let i = 0; i < count; i++) pass(functions)
    },
    nowMs: () => second * 1000,
    words: () =>
      told.map((one) => `${one.second} ${one.kind} ${one.qid ?? '-'} ${one.told}`),
  }
}

export function subjectOf(id: string): FindingSubject {
  return { hostId: 'host', kind: id === PRIMARY ? 'controller' : 'virtualFunction', id }
}

function headingOf({ id = PRIMARY }: Second) {
  return { ...subjectOf(id), periodMs: 1000 }
}

function observed({ queues = [], rate, inFlight, latencyMs = NaN }: Second) {
  const sum = (of: keyof Queue) => queues.reduce((all, queue) => all + queue[of], 0)
  const device = Float64Array.of(
    rate ?? sum('rate'),
    0,
    0,
    0,
    latencyMs,
    NaN,
    inFlight ?? sum('inFlight')
  )
  return {
    device,
    queues: {
      qid: queues.map((_, i) => i + 1),
      inFlight: Float64Array.from(queues, (queue) => queue.inFlight),
      interruptsPerSecond: Float64Array.from(queues, () => NaN),
      commandsPerSecond: Float64Array.from(queues, (queue) => queue.rate),
      latency: new Float64Array(0),
    },
  }
}
