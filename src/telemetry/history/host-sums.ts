/**
 * Of a host: the sum of its controllers that can be observed. One that cannot, a guest's say, is not in it; when none can,
 * the host is not observed. Controllers may be read at several periods: the sum is taken at the shortest, and what is read
 * less often is in it as it was read last.
 */
import type { History } from './history.ts'
import type { FunctionReading } from './intake.ts'
import { FUNCTION_METRICS } from './metrics.ts'
import { ENDED_AFTER } from './shortest-period.ts'

type Kept = { readonly reading: FunctionReading; readonly atMs: number }

type HostState = {
  /** The last reading of each controller that no sum has used up. */
  readonly latest: Map<string, Kept>
  lastMs: number
}

/** So many periods without another, and a reading says nothing of now. */
const STALE_AFTER = 2
/** So many periods without any, and the host was away. */
const AWAY_AFTER = 10
const [READS, WRITES, READ_MS, WRITE_MS] = [0, 1, 4, 5] // in FUNCTION_METRICS
const FORGET_MS = 10 * 60_000

export class HostSums {
  readonly #history: Pick<History, 'record'>
  readonly #hosts = new Map<string, HostState>()

  constructor(history: Pick<History, 'record'>) {
    this.#history = history
  }

  /** When a controller comes for the second time all others as fast have come: the sum is taken, a period late. */
  take(reading: FunctionReading, nowMs: number): void {
    const host = this.#hosts.get(reading.hostId) ?? { latest: new Map(), lastMs: nowMs }
    this.#hosts.set(reading.hostId, host)
    const { latest } = host
    if (latest.has(reading.id) && isFastest(reading, latest, nowMs)) {
      dropStale(latest, reading, nowMs)
      this.#record(
        reading,
        Array.from(latest.values(), (kept) => kept.reading)
      )
      dropUsedUp(latest, reading)
    }
    latest.set(reading.id, { reading, atMs: nowMs })
    host.lastMs = nowMs
  }

  sweep(nowMs: number): void {
    for (const [id, { lastMs }] of this.#hosts) {
      if (lastMs < nowMs - FORGET_MS) this.#hosts.delete(id)
    }
  }

  #record({ hostId, periodMs }: FunctionReading, all: readonly FunctionReading[]): void {
    const values = sumOf(all.flatMap(({ observed }) => (observed ? [observed.device] : [])))
    if (!values) return
    this.#history.record({
      key: { scope: 'host', id: hostId },
      values,
      latency: null,
      periodMs,
    })
  }
}

/** None of the others comes more often, and goes on to. */
function isFastest(
  { id, periodMs }: FunctionReading,
  latest: HostState['latest'],
  nowMs: number
): boolean {
  return [...latest.values()].every(
    ({ reading, atMs }) =>
      reading.id === id ||
      reading.periodMs >= periodMs ||
      nowMs - atMs > ENDED_AFTER * reading.periodMs
  )
}

/**
 * One that was read fast and is no longer counts until it comes at the period of the others. What only comes late, as all of
 * a slow host does, has missed no turn.
 */
function dropStale(
  latest: HostState['latest'],
  { id, periodMs }: FunctionReading,
  nowMs: number
): void {
  const beforeMs = latest.get(id)?.atMs ?? nowMs
  const wasAway = nowMs - beforeMs > AWAY_AFTER * periodMs
  for (const [other, { reading, atMs }] of latest) {
    const longestMs = Math.max(periodMs, reading.periodMs)
    const isOld = nowMs - atMs > STALE_AFTER * longestMs
    const hasMissed = atMs < beforeMs - longestMs
    if (isOld && (hasMissed || wasAway)) latest.delete(other)
  }
}

/** What is read less often than the sum is taken is part of the following sums too. */
function dropUsedUp(latest: HostState['latest'], { periodMs }: FunctionReading): void {
  for (const [id, { reading }] of latest) {
    if (reading.periodMs <= periodMs) latest.delete(id)
  }
}

function sumOf(devices: readonly Float64Array[]): Float64Array | undefined {
  if (devices.length === 0) return undefined
  const sum = new Float64Array(FUNCTION_METRICS.length)
  for (const device of devices) {
    for (let m = 0; m < sum.length; m++) sum[m]! += device[m]! // of the same length
  }
  sum[READ_MS!] = meanLatency(devices, READS!, READ_MS!)
  sum[WRITE_MS!] = meanLatency(devices, WRITES!, WRITE_MS!)
  return sum
}

/** A controller on which nothing completed has no latency, and no part in this one. */
function meanLatency(
  devices: readonly Float64Array[],
  rate: number,
  latency: number
): number {
  let [sum, weight] = [0, 0]
  for (const device of devices) {
    if (device[rate] === 0) continue
    sum += device[latency]! * device[rate]!
    weight += device[rate]!
  }
  return sum / weight
}
