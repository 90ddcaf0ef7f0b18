/**
 * Of a host: the sum of its controllers that can be observed. One that cannot, a guest's say, is not in it; when none can,
 * the host is not observed.
 */
import type { History } from './history.ts'
import type { FunctionReading } from './intake.ts'
import { FUNCTION_METRICS } from './metrics.ts'

type HostState = {
  /** The last reading of each controller since the sum was taken. */
  readonly latest: Map<string, FunctionReading>
  lastMs: number
}

const [READS, WRITES, READ_MS, WRITE_MS] = [0, 1, 4, 5] // in FUNCTION_METRICS
const FORGET_MS = 10 * 60_000

export class HostSums {
  readonly #history: History
  readonly #hosts = new Map<string, HostState>()

  constructor(history: History) {
    this.#history = history
  }

  /** When a controller comes for the second time all others have come: the sum is taken, a period late. */
  take(reading: FunctionReading, nowMs: number): void {
    const host = this.#hosts.get(reading.hostId) ?? { latest: new Map(), lastMs: nowMs }
    this.#hosts.set(reading.hostId, host)
    if (host.latest.has(reading.id)) {
      this.#record(reading, [...host.latest.values()])
      host.latest.clear()
    }
    host.latest.set(reading.id, reading)
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
