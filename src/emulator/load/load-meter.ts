/**
 * Counts the I/O of one driven function, from when its driver (or guest) took it. It is cut into segments at every
 * change of its namespaces: a segment counts by the host's load, what went before is kept. Whole numbers throughout, so
 * that the queues' completions and the disks' reads and writes add up to the same.
 */
import type { NvmeNamespace } from '../devices/subsystem.ts'
import type { FunctionLoad } from './function-load.ts'
import { latencySpread } from './latency-spread.ts'
import type { LatencySpread } from './latency-spread.ts'
import type { QueueLoad } from './queue-load.ts'

export type Served = {
  readonly reads: number
  readonly writes: number
  /** Of all of them together. */
  readonly latencyMs: number
}

export const READ_SHARE = 0.7
export const READ_SECTORS = 8
export const WRITE_SECTORS = 32
const NOTHING: Served = { reads: 0, writes: 0, latencyMs: 0 }
type Counter = 'completions' | 'interrupts' | 'latencyMs'

export class LoadMeter {
  readonly queues: number
  readonly #table: QueueLoad
  readonly #load: FunctionLoad | undefined
  /** In the table, while somebody uses the function. */
  #place: number | undefined
  /** Per queue: what the segments before this one counted, less what the table had counted when this one began. */
  readonly #base: Readonly<Record<Counter, Float64Array>>
  /** Completions, and their latency, that the table had counted then, of all queues. */
  #sinceCompletions = 0
  #sinceLatencyMs = 0
  #namespaces: readonly NvmeNamespace[] = []
  #servedBefore = new Map<NvmeNamespace, Served>()
  #activeMsBefore = 0
  #segmentStartMs = 0
  /** Made when latencies are asked for, which is rare. */
  #spread: LatencySpread | undefined

  /** @param load undefined: nobody uses the function */
  constructor(table: QueueLoad, load: FunctionLoad | undefined, queues: number) {
    this.#table = table
    this.#load = load
    this.queues = queues
    const column = () => new Float64Array(queues)
    this.#base = { completions: column(), interrupts: column(), latencyMs: column() }
  }

  /**
   * Starts a new segment: from now on the I/O goes to these namespaces. None: it stops, since nobody drives the function
   * or nothing is attached. What was done on a namespace that left is that namespace's history.
   */
  setNamespaces(namespaces: readonly NvmeNamespace[], nowMs: number): void {
    if (sameMembers(namespaces, this.#namespaces)) return
    const served = new Map(this.#namespaces.map((one) => [one, this.served(one, nowMs)]))
    this.#activeMsBefore = this.activeMs(nowMs)
    for (const [namespace, { reads, writes }] of served) {
      if (namespaces.includes(namespace)) continue
      namespace.served.reads += reads
      namespace.served.writes += writes
      served.delete(namespace)
    }
    this.#servedBefore = served
    this.#namespaces = namespaces
    this.#segmentStartMs = nowMs
    this.#enterOrLeave(nowMs)
    this.#sinceCompletions = this.#sum('completions', nowMs)
    this.#sinceLatencyMs = this.#sum('latencyMs', nowMs)
  }

  /** I/O completions of one I/O queue, 0-based. */
  completions(q: number, nowMs: number): number {
    return this.#counted('completions', q, nowMs)
  }

  /** Interrupts of one I/O queue: at most as many as completions. */
  interrupts(q: number, nowMs: number): number {
    return this.#counted('interrupts', q, nowMs)
  }

  /** Time from submission to completion, summed over the completions of one I/O queue, ms. */
  latencyMs(q: number, nowMs: number): number {
    return this.#counted('latencyMs', q, nowMs)
  }

  /** Adds commands of one I/O queue by their latency to `out`: see LatencySpread. */
  addLatencies: LatencySpread['add'] = (...of) => {
    if (this.#load) (this.#spread ??= latencySpread(this.#load)).add(...of)
  }

  inFlight(q: number, nowMs: number): number {
    if (this.#place === undefined || q >= this.queues) return 0
    this.#table.advanceTo(nowMs)
    return this.#table.columns.inFlight[this.#row(q)]!
  }

  /** What is in flight on `count` I/O queues from `first` on, into `out` from `at` on. */
  fillInFlight(first: number, count: number, now: number, out: Float64Array, at: number) {
    const own = this.#ownOf(first, count)
    out.fill(0, at, at + count)
    if (this.#place === undefined) return
    this.#table.advanceTo(now)
    const { inFlight } = this.#table.columns
    const row = this.#row(first)
    for (let q = 0; q < own; q++) out[at + q] = inFlight[row + q]! // within its queues
  }

  /** As `fillInFlight`: interrupts. */
  fillInterrupts(first: number, count: number, now: number, out: Float64Array, at: number) {
    const own = this.#ownOf(first, count)
    out.fill(0, at, at + count)
    const base = this.#base.interrupts
    for (let q = 0; q < own; q++) out[at + q] = base[first + q]! // within its queues
    if (this.#place === undefined) return
    this.#table.advanceTo(now)
    const row = this.#row(first)
    for (let q = 0; q < own; q++) out[at + q]! += this.#table.interrupts(row + q)
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
    if (!this.#namespaces.includes(namespace)) return before
    const total = this.#sum('completions', nowMs) - this.#sinceCompletions
    const latencyMs = this.#sum('latencyMs', nowMs) - this.#sinceLatencyMs
    const reads = Math.floor(total * READ_SHARE)
    return {
      reads: before.reads + this.#part(reads, namespace),
      writes: before.writes + this.#part(total - reads, namespace),
      latencyMs: before.latencyMs + latencyMs / this.#namespaces.length,
    }
  }

  /** Somebody uses the function as long as it has namespaces. */
  get hasLoad(): boolean {
    return this.#load !== undefined
  }

  /** Time with somebody using it. */
  activeMs(nowMs: number): number {
    const active = this.#place !== undefined
    return this.#activeMsBefore + (active ? nowMs - this.#segmentStartMs : 0)
  }

  /** A function takes a place in the table only while somebody uses it. */
  #enterOrLeave(nowMs: number): void {
    const isUsed = this.#load !== undefined && this.#namespaces.length > 0
    if (isUsed === (this.#place !== undefined)) return
    if (this.#load && isUsed) {
      this.#place = this.#table.enter(this.#load)
      this.#moveBase(-1, nowMs)
    } else {
      this.#moveBase(1, nowMs)
      this.#table.leave(this.#place!) // it has one: the two differed
      this.#place = undefined
    }
  }

  /** Between counting with the table and without it, so that no counter jumps. */
  #moveBase(sign: 1 | -1, nowMs: number): void {
    for (const [counter, base] of Object.entries(this.#base))
      for (let q = 0; q < this.queues; q++)
        base[q]! += sign * this.#inTable(counter as Counter, q, nowMs) // keys of #base
  }

  #counted(counter: Counter, q: number, nowMs: number): number {
    const base = this.#base[counter][q] ?? 0
    if (this.#place === undefined || q >= this.queues) return base
    return base + this.#inTable(counter, q, nowMs)
  }

  #inTable(counter: Counter, q: number, nowMs: number): number {
    this.#table.advanceTo(nowMs)
    if (counter === 'interrupts') return this.#table.interrupts(this.#row(q))
    return this.#table.columns[counter][this.#row(q)]!
  }

  #sum(counter: Counter, nowMs: number): number {
    let total = 0
    for (let q = 0; q < this.queues; q++) total += this.#counted(counter, q, nowMs)
    return total
  }

  #ownOf(first: number, count: number): number {
    return Math.max(0, Math.min(count, this.queues - first))
  }

  #row(q: number): number {
    return this.#table.columns.firstQueue[this.#place!]! + q // while it has a place
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
