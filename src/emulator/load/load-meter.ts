/**
 * Counts the I/O of one driven function, from when its driver (or guest) took it. It is cut into segments at every
 * change of its namespaces: a segment counts by the rates, what went before is kept. Whole numbers throughout, so that
 * the queues' completions and the disks' reads and writes add up to the same.
 */
import type { NvmeNamespace } from '../devices/subsystem.ts'
import { completionsUntil, inFlightAt } from './queue-rates.ts'
import type { QueueRates } from './queue-rates.ts'

export type Served = { readonly reads: number; readonly writes: number }

const READ_SHARE = 0.7
export const READ_SECTORS = 8
export const WRITE_SECTORS = 32
const NOTHING: Served = { reads: 0, writes: 0 }

export class LoadMeter {
  readonly queues: number
  readonly #rates: QueueRates | undefined
  readonly #depth: number
  /** Completions of the segments before this one, per queue. */
  readonly #before: Float64Array
  #namespaces: readonly NvmeNamespace[] = []
  #servedBefore = new Map<NvmeNamespace, Served>()
  #activeMsBefore = 0
  #segmentStartMs = 0

  /** @param rates undefined: nobody uses the function */
  constructor(rates: QueueRates | undefined, queues: number, depth: number) {
    this.#rates = rates
    this.queues = queues
    this.#depth = depth
    this.#before = new Float64Array(queues)
  }

  /**
   * Starts a new segment: from now on the I/O goes to these namespaces. None: it stops, since nobody drives the function
   * or nothing is attached. What was done on a namespace that left is that namespace's history.
   */
  setNamespaces(namespaces: readonly NvmeNamespace[], nowMs: number): void {
    if (sameMembers(namespaces, this.#namespaces)) return
    const served = new Map(this.#namespaces.map((one) => [one, this.served(one, nowMs)]))
    this.#activeMsBefore = this.activeMs(nowMs)
    for (let q = 0; q < this.queues; q++) this.#before[q] = this.completions(q, nowMs)
    for (const [namespace, { reads, writes }] of served) {
      if (namespaces.includes(namespace)) continue
      namespace.served.reads += reads
      namespace.served.writes += writes
      served.delete(namespace)
    }
    this.#servedBefore = served
    this.#namespaces = namespaces
    this.#segmentStartMs = nowMs
  }

  /** I/O completions of one I/O queue, 0-based. */
  completions(q: number, nowMs: number): number {
    return (this.#before[q] ?? 0) + this.#inSegment(q, nowMs)
  }

  inFlight(q: number, nowMs: number): number {
    if (!this.#rates || this.#namespaces.length === 0) return 0
    return inFlightAt(this.#rates, q, nowMs, this.#depth)
  }

  /** This namespace's part of what is in flight on all queues. */
  inFlightOf(namespace: NvmeNamespace, nowMs: number): number {
    let total = 0
    for (let q = 0; q < this.queues; q++) total += this.inFlight(q, nowMs)
    return this.#part(total, namespace)
  }

  /** This namespace's part of what is in flight on one queue. */
  inFlightOn(q: number, namespace: NvmeNamespace, nowMs: number): number {
    return this.#part(this.inFlight(q, nowMs), namespace)
  }

  /** What this function did on the namespace since both came together. */
  served(namespace: NvmeNamespace, nowMs: number): Served {
    const before = this.#servedBefore.get(namespace) ?? NOTHING
    let total = 0
    for (let q = 0; q < this.queues; q++) total += this.#inSegment(q, nowMs)
    const reads = Math.floor(total * READ_SHARE)
    return {
      reads: before.reads + this.#part(reads, namespace),
      writes: before.writes + this.#part(total - reads, namespace),
    }
  }

  /** Somebody uses the function as long as it has namespaces. */
  get hasLoad(): boolean {
    return this.#rates !== undefined
  }

  get latencyMs(): number {
    return this.#rates?.latencyMs ?? 0
  }

  /** Time with somebody using it. */
  activeMs(nowMs: number): number {
    const active = this.#rates && this.#namespaces.length > 0
    return this.#activeMsBefore + (active ? nowMs - this.#segmentStartMs : 0)
  }

  #inSegment(q: number, nowMs: number): number {
    if (!this.#rates || this.#namespaces.length === 0) return 0
    const since = Math.floor(completionsUntil(this.#rates, q, this.#segmentStartMs))
    return Math.floor(completionsUntil(this.#rates, q, nowMs)) - since
  }

  /** Shares a whole number among the namespaces without losing one: the floors of (n+k)/count add up to n. */
  #part(total: number, namespace: NvmeNamespace): number {
    const k = this.#namespaces.indexOf(namespace)
    return k < 0 ? 0 : Math.floor((total + k) / this.#namespaces.length)
  }
}

function sameMembers<T>(some: readonly T[], others: readonly T[]): boolean {
  return some.length === others.length && some.every((one, i) => one === others[i])
}
