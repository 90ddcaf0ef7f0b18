/**
 * A described load in the numbers that queues are advanced by: what comes on each queue, how long it takes, and what of
 * it a full drive or a full queue keeps out.
 */
import { burstCycle } from './burst-cycle.ts'
import type { BurstCycle } from './burst-cycle.ts'
import { commandsPerInterrupt } from './coalescing.ts'
import { capacityOf, responseMs } from './erlang.ts'
import type { Station } from './erlang.ts'
import { asQueueing } from './load-description.ts'
import type { ArrivingLoad, FixedDepthLoad, LoadDescription } from './load-description.ts'
import { fairRates, sharesOf } from './shares.ts'

/** Columns have a number for each I/O queue. */
export type FunctionLoad = {
  readonly seed: number
  /** Mean, commands/ms. */
  readonly rates: Float64Array
  /** In flight always, whatever else comes. */
  readonly fixed: Float64Array
  /** Latency by which completions are weighed; 0 where the burst cycle knows it. ms */
  readonly weighedMs: Float64Array
  readonly interruptsPerCommand: Float64Array
  /** From submission to completion of what is not fixed, ms; with bursts the cycle's. */
  readonly latencyMs: number
  readonly cycle: BurstCycle | undefined
  /** Parts of the rate by which all of it drifts, and each queue differs: less where the drive bounds it. */
  readonly swing: number
  readonly noise: number
}

const SWING = 0.3
const NOISE = 0.5
/** Of queues that a full drive keeps busy. */
const STEADY = { swing: 0, noise: 0.03 }

/**
 * @param queues I/O queues, at least 1
 * @param limit commands that fit in a queue
 */
export function functionLoad(
  description: LoadDescription,
  queues: number,
  limit: number,
  seed: number
): FunctionLoad {
  const load = asQueueing(description)
  if ('depth' in load) return atFixedDepth(load, queues, limit, seed)
  const shares = sharesOf(queues, seed)
  const rate = load.arrivalsPerSecond / 1000
  // What does not fit in the fullest queue is not worked on either.
  const slots = Math.floor(limit / Math.max(...shares))
  const station: Station = {
    serviceMs: load.serviceMicroseconds / 1000,
    servers: Math.min(load.parallelism ?? Infinity, slots),
  }
  const rates = shares.map((share) => share * rate)
  const common = { load, rates, station, seed }
  const capacity = capacityOf(station)
  if (load.burst && rate > 0) {
    const fullMs = limit / (capacity * Math.max(...shares))
    const cycle = burstCycle(station, { rate, fullMs, ...load.burst })
    return cycle ? inBursts(common, cycle) : saturated(common, limit)
  }
  return rate < capacity
    ? unsaturated(common, rate / capacity, limit)
    : saturated(common, limit)
}

type Common = {
  readonly load: ArrivingLoad
  readonly rates: Float64Array
  readonly station: Station
  readonly seed: number
}

function unsaturated(
  { load, rates, station, seed }: Common,
  utilization: number,
  limit: number
): FunctionLoad {
  const swing = Math.min(SWING, (1 - utilization) / 2)
  const noise = Math.min(NOISE, (1 - utilization) / 2)
  const response = responseMs(station, utilization * capacityOf(station))
  // Nobody waits longer than for a full queue.
  const fullMs = limit / (Math.max(...rates) * (1 + swing) * (1 + noise))
  const latencyMs = Math.max(station.serviceMs, Math.min(response, fullMs))
  return {
    seed,
    rates,
    fixed: new Float64Array(rates.length),
    weighedMs: rates.map(() => latencyMs),
    interruptsPerCommand: rates.map((one) => 1 / commandsPerInterrupt(load, one)),
    latencyMs,
    cycle: undefined,
    swing,
    noise,
  }
}

/**
 * More comes than the drive can do. It serves the queues in turn, so that those that ask for little get it, and the rest
 * are full. Source: NVMe Base 2.1, "Command Arbitration", Round Robin.
 */
function saturated({ load, rates, station, seed }: Common, limit: number): FunctionLoad {
  const { serviceMs } = station
  const servers = load.parallelism ?? Infinity
  const fair = fairRates(rates, servers / serviceMs, limit / serviceMs)
  const isFull = (q: number) => fair[q]! < rates[q]! // as long as the rates
  const full = rates.filter((_, q) => isFull(q)).length
  // Each full queue has a turn before this command's.
  const latencyMs = serviceMs * (1 + full / servers)
  const fixed = fair.map((one, q) =>
    isFull(q) ? Math.max(0, limit - Math.round(one * latencyMs)) : 0
  )
  return {
    seed,
    rates: fair,
    fixed,
    weighedMs: fair.map((one, q) => latencyMs + fixed[q]! / one),
    interruptsPerCommand: fair.map((one) => 1 / commandsPerInterrupt(load, one)),
    latencyMs,
    cycle: undefined,
    ...STEADY,
  }
}

function inBursts({ load, rates, seed }: Common, cycle: BurstCycle): FunctionLoad {
  const between = cycle.rateBetween * (cycle.periodMs - cycle.burstMs)
  const during =
    cycle.rateRising * cycle.risingForMs +
    cycle.rateHolding * (cycle.burstMs - cycle.risingForMs)
  const interrupts = (rate: number) =>
    (during / commandsPerInterrupt(load, rate * cycle.rateHolding) +
      between / commandsPerInterrupt(load, rate * cycle.rateBetween)) /
    (during + between)
  return {
    seed,
    rates,
    fixed: new Float64Array(rates.length),
    weighedMs: new Float64Array(rates.length),
    interruptsPerCommand: rates.map(interrupts),
    latencyMs: cycle.lowMs,
    cycle,
    ...STEADY,
  }
}

function atFixedDepth(
  load: FixedDepthLoad,
  queues: number,
  limit: number,
  seed: number
): FunctionLoad {
  const depth = Math.min(load.depth, limit)
  const busy = Math.min(depth * queues, load.parallelism ?? Infinity)
  const rate = (busy * 1000) / load.serviceMicroseconds / queues
  const each = (value: number) => new Float64Array(queues).fill(value)
  return {
    seed,
    rates: each(rate),
    fixed: each(depth),
    weighedMs: each(depth / rate),
    interruptsPerCommand: each(1 / commandsPerInterrupt(load, rate)),
    latencyMs: 0,
    cycle: undefined,
    ...STEADY,
  }
}
