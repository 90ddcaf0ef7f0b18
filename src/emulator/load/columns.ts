/** The columns of a `QueueLoad`: one number for each I/O queue, or for each function. */
import { BURSTS_LENGTH } from './burst-times.ts'

export type Columns = {
  /** Of each function: where its queues begin, and how many there are; 0: nobody uses it. */
  readonly firstQueue: Uint32Array
  readonly queueCount: Uint32Array
  readonly functionSeed: Uint32Array
  /** From arrival to completion, ms; not with bursts, whose numbers are in `bursts` (burst-times.ts). */
  readonly latency: Float64Array
  /** Parts of the rate by which the function drifts, and by which each queue differs, at most. */
  readonly swing: Float64Array
  readonly noise: Float64Array
  readonly isInBursts: Uint8Array
  readonly bursts: Float64Array
  /** Given, of each queue. Mean arrivals, commands/ms. */
  readonly seed: Uint32Array
  readonly rate: Float64Array
  readonly fixed: Uint16Array
  readonly weighedMs: Float64Array
  readonly interruptsPerCommand: Float64Array
  /** Computed, of each queue, since time 0. In flight is 0 to the queue's limit. */
  readonly completions: Float64Array
  readonly inFlight: Uint16Array
  readonly latencyMs: Float64Array
}

export function columnsOf(functions: number, queues: number): Columns {
  return {
    firstQueue: new Uint32Array(functions),
    queueCount: new Uint32Array(functions),
    functionSeed: new Uint32Array(functions),
    latency: new Float64Array(functions),
    swing: new Float64Array(functions),
    noise: new Float64Array(functions),
    isInBursts: new Uint8Array(functions),
    bursts: new Float64Array(functions * BURSTS_LENGTH),
    seed: new Uint32Array(queues),
    rate: new Float64Array(queues),
    fixed: new Uint16Array(queues),
    weighedMs: new Float64Array(queues),
    interruptsPerCommand: new Float64Array(queues),
    completions: new Float64Array(queues),
    inFlight: new Uint16Array(queues),
    latencyMs: new Float64Array(queues),
  }
}

/** The same, or copies with room for that many: twice as much as before, so that growing costs little on average. */
export function grown(columns: Columns, functions: number, queues: number): Columns {
  const hadFunctions = columns.queueCount.length
  const hadQueues = columns.rate.length
  if (functions <= hadFunctions && queues <= hadQueues) return columns
  const bigger = columnsOf(
    functions <= hadFunctions ? hadFunctions : Math.max(functions, 2 * hadFunctions),
    queues <= hadQueues ? hadQueues : Math.max(queues, 2 * hadQueues)
  )
  const names = Object.keys(columns) as (keyof Columns)[] // a Columns has no others
  for (const name of names) bigger[name].set(columns[name])
  return bigger
}
