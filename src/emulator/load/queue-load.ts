/**
 * All I/O queues of a host that somebody uses, in columns: no object for a queue. What stands in them is a pure function
 * of seed and time, so that any instant can be asked for, in any order, at the cost of one pass: nothing is simulated
 * from one instant to the next, and a machine that was up for a month before the service started costs no more.
 *
 * Arrivals on a queue come at an unsteady rate, drawn by a hash of seed, queue and slot of load time (advance.ts). Each
 * slot has its mean amount, so that totals need no sum over slots. Completions are the arrivals of as long ago as the
 * latency, so that what is in flight is arrivals less completions, and on average rate times latency, as Little says.
 */
import { advance } from './advance.ts'
import { writeBursts } from './burst-times.ts'
import { columnsOf, grown } from './columns.ts'
import type { Columns } from './columns.ts'
import type { FunctionLoad } from './function-load.ts'
import { fraction } from './seeded.ts'

/** What is drawn of a load's seed, besides the queues' shares. */
const PHASE = 2
const QUEUE = 3

/** Bursts do not come at the same time as those of other functions. @returns 0 up to but not 1 */
export function phaseOf({ seed }: FunctionLoad): number {
  return fraction(seed, 0, PHASE)
}

export class QueueLoad {
  /** Commands that fit in a queue. */
  readonly limit: number
  #columns: Columns = columnsOf(0, 0)
  #functions = 0
  #queues = 0
  /** Places of functions that have left, by their queues. */
  readonly #free = new Map<number, number[]>()
  #atMs = NaN

  constructor(limit: number) {
    this.limit = limit
  }

  /** Valid until the next `enter`; filled by `advanceTo`. Only rows of functions that are in it mean anything. */
  get columns(): Columns {
    return this.#columns
  }

  /** Functions that have a place, those that have left among them. */
  get functions(): number {
    return this.#functions
  }

  /** Somebody begins to use a function. @returns its place */
  enter(load: FunctionLoad): number {
    const place = this.#placeFor(load.rates.length)
    const columns = this.#columns
    columns.queueCount[place] = load.rates.length
    columns.functionSeed[place] = load.seed
    columns.latency[place] = load.latencyMs
    columns.swing[place] = load.swing
    columns.noise[place] = load.noise
    columns.isInBursts[place] = load.cycle ? 1 : 0
    if (load.cycle) writeBursts(columns.bursts, place, load.cycle, phaseOf(load))
    const first = columns.firstQueue[place]!
    for (let q = 0; q < load.rates.length; q++)
      columns.seed[first + q] = Math.floor(fraction(load.seed, q, QUEUE) * 2 ** 32)
    columns.rate.set(load.rates, first)
    columns.fixed.set(load.fixed, first)
    columns.weighedMs.set(load.weighedMs, first)
    columns.interruptsPerCommand.set(load.interruptsPerCommand, first)
    this.#atMs = NaN
    return place
  }

  /** Nobody uses it any more. */
  leave(place: number): void {
    const { queueCount } = this.#columns
    const queues = queueCount[place]!
    queueCount[place] = 0
    const free = this.#free.get(queues) ?? []
    free.push(place)
    this.#free.set(queues, free)
  }

  /**
   * Fills the columns of all queues. The load moves once a millisecond: whatever is read within one is of one instant.
   *
   * @param ms since the seed's begin, at least 0; backwards and forwards alike
   */
  advanceTo(ms: number): void {
    const now = Math.floor(ms)
    if (now === this.#atMs) return
    this.#atMs = now
    advance(this.#columns, this.#functions, this.limit, now)
  }

  /** Interrupts of a queue, of which each signals one completion or more. @param row of the queue in the columns */
  interrupts(row: number): number {
    const { completions, interruptsPerCommand } = this.#columns
    return Math.floor((completions[row]! - 1) * interruptsPerCommand[row]! + 1)
  }

  #placeFor(queues: number): number {
    const free = this.#free.get(queues)?.pop()
    if (free !== undefined) return free
    const place = this.#functions++
    this.#columns = grown(this.#columns, this.#functions, this.#queues + queues)
    this.#columns.firstQueue[place] = this.#queues
    this.#queues += queues
    return place
  }
}
