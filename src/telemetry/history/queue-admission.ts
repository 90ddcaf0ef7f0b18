/**
 * Whose queues are kept: as many as have room in memory for a quarter of an hour at one second. A function is taken with
 * all of its queues or not at all; who comes first stays, until nobody has looked at it for as long.
 */
import { FINEST_MS, KEEP_RECENT_MS } from './history.ts'
import { QUEUE_METRICS } from './metrics.ts'
import { seriesBytes } from './recent.ts'

type Admitted = { queues: number; lastMs: number }

/** Of the memory budget: the rest is for functions and hosts. */
const PART_FOR_QUEUES = 0.5

export class QueueAdmission {
  readonly limit: number
  readonly #admitted = new Map<string, Admitted>()
  #queues = 0

  constructor(memoryBytes: number) {
    const samples = KEEP_RECENT_MS / FINEST_MS
    const each = seriesBytes(QUEUE_METRICS.length, samples)
    this.limit = Math.floor((memoryBytes * PART_FOR_QUEUES) / each)
  }

  /** Queues that are kept now. */
  get queues(): number {
    return this.#queues
  }

  admits(functionId: string, queues: number, nowMs: number): boolean {
    const known = this.#admitted.get(functionId)
    const more = queues - (known?.queues ?? 0)
    if (more > 0 && this.#queues + more > this.limit)
      this.#letGoBefore(nowMs - KEEP_RECENT_MS)
    if (more > 0 && this.#queues + more > this.limit) return false
    this.#queues += more
    this.#admitted.set(functionId, { queues, lastMs: nowMs })
    return true
  }

  #letGoBefore(ms: number): void {
    for (const [id, { queues, lastMs }] of this.#admitted) {
      if (lastMs >= ms) continue
      this.#admitted.delete(id)
      this.#queues -= queues
    }
  }
}
