/**
 * From readings to series: controllers always, VFs that are assigned or that somebody looks at, queues that somebody looks
 * at; and of each host the sum of its controllers. A function that is watched at several periods is recorded at the shortest.
 */
import type { Clock } from '../../clock.ts'
import type { History } from './history.ts'
import type { FunctionReading, ObservedReading } from './intake.ts'
import { HostSums } from './host-sums.ts'
import { BUCKETS, QUEUE_METRICS } from './metrics.ts'
import type { QueueAdmission } from './queue-admission.ts'
import { ShortestPeriod } from './shortest-period.ts'

export type RecorderOptions = {
  readonly history: History
  readonly admission: QueueAdmission
  readonly clock: Clock
  readonly isAssigned: (virtualFunctionId: string) => boolean
  /** Each reading once. */
  readonly onReading: (reading: FunctionReading) => void
}

export class Recorder {
  readonly #options: RecorderOptions
  readonly #functions = new ShortestPeriod()
  readonly #queues = new ShortestPeriod()
  readonly #hosts: HostSums

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#hosts = new HostSums(options.history)
  }

  /** @param inDetail somebody looks at it: its queues too */
  take(reading: FunctionReading, inDetail: boolean): void {
    const nowMs = this.#options.clock.nowMs()
    if (this.#functions.isNew(reading, nowMs)) this.#takeFunction(reading, inDetail, nowMs)
    if (inDetail && this.#queues.isNew(reading, nowMs)) this.#takeQueues(reading, nowMs)
  }

  /** Forgets what has not come for long. To be called now and then. */
  sweep(): void {
    const nowMs = this.#options.clock.nowMs()
    this.#functions.sweep(nowMs)
    this.#queues.sweep(nowMs)
    this.#hosts.sweep(nowMs)
  }

  #takeFunction(reading: FunctionReading, inDetail: boolean, nowMs: number): void {
    const { history, isAssigned, onReading } = this.#options
    const { kind, id, observed, periodMs } = reading
    onReading(reading)
    if (kind === 'controller') this.#hosts.take(reading, nowMs)
    if (!observed) return
    if (kind === 'virtualFunction' && !inDetail && !isAssigned(id)) return
    const latency = latencyOfAll(observed)
    history.record({ key: { scope: kind, id }, values: observed.device, latency, periodMs })
  }

  #takeQueues({ id, observed, periodMs }: FunctionReading, nowMs: number): void {
    if (!observed) return
    const { history, admission } = this.#options
    const { queues } = observed
    if (!admission.admits(id, queues.qid.length, nowMs)) return
    for (let row = 0; row < queues.qid.length; row++) {
      const qid = queues.qid[row]! // within its length
      const values = Float64Array.from(QUEUE_METRICS, (metric) => queues[metric][row]!)
      const latency = latencyOfQueue(observed, row)
      history.record({ key: { scope: 'queue', id, qid }, values, latency, periodMs })
    }
  }
}

function latencyOfQueue({ queues }: ObservedReading, row: number): Float64Array | null {
  const counts = queues.latency.subarray(row * BUCKETS, (row + 1) * BUCKETS)
  return counts.length === 0 || Number.isNaN(counts[0]) ? null : counts
}

/** Of all queues; null when one of them is not observed: the sum would pass for the whole. */
function latencyOfAll(observed: ObservedReading): Float64Array | null {
  const sums = new Float64Array(BUCKETS)
  const rows = observed.queues.qid.length
  for (let row = 0; row < rows; row++) {
    const counts = latencyOfQueue(observed, row)
    if (!counts) return null
    for (let b = 0; b < BUCKETS; b++) sums[b]! += counts[b]!
  }
  return rows === 0 ? null : sums
}
