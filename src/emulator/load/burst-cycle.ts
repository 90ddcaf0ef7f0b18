/**
 * What a burst does to a drive: a period after which everything is as it was, so that any instant can be computed without
 * those before it. Within it the waiting time is a trapezoid. While more comes than the drive can do, it rises by the
 * excess; where a queue is full, the submitters stop, and it stays; after the burst it falls by what the drive has left.
 */
import { capacityOf, responseMs } from './erlang.ts'
import type { Station } from './erlang.ts'

/** Times in ms from the begin of a burst; rates as parts of the described mean rate. */
export type BurstCycle = {
  readonly periodMs: number
  readonly burstMs: number
  /** Latency of a command that comes before a burst, and by how much it rises. */
  readonly lowMs: number
  readonly riseMs: number
  /** How long it rises and falls. */
  readonly risingForMs: number
  readonly fallingForMs: number
  readonly rateRising: number
  readonly rateHolding: number
  readonly rateBetween: number
}

export type Bursts = {
  /** Mean, commands/ms. */
  readonly rate: number
  readonly everyMs: number
  readonly forMs: number
  readonly factor: number
  /** Latency at which the fullest queue is full at the drive's capacity, ms. */
  readonly fullMs: number
}

/** undefined: the drive is busy between bursts too, so that its queues are always full. */
export function burstCycle(station: Station, bursts: Bursts): BurstCycle | undefined {
  const { rate, everyMs, forMs, factor, fullMs } = bursts
  const between = Math.max(0, (everyMs - factor * forMs) / (everyMs - forMs))
  const capacity = capacityOf(station)
  const [during, after] = [(factor * rate) / capacity, (between * rate) / capacity]
  if (after >= 1) return undefined
  const calmMs = Math.min(fullMs, responseMs(station, between * rate))
  const fallMs = (1 - after) * (everyMs - forMs)
  const overload = during > 1
  // Below its capacity a drive's queue grows to its new mean by chance, not by an excess: as fast as time passes.
  const risesBy = overload ? during - 1 : 1
  const limitMs = overload ? fullMs : Math.min(fullMs, responseMs(station, factor * rate))
  const staysFull = overload && risesBy * forMs > fallMs
  const topMs = Math.max(calmMs, staysFull ? fullMs : limitMs)
  const lowMs = staysFull ? Math.max(calmMs, topMs - fallMs) : calmMs
  const riseMs = Math.min(topMs - lowMs, risesBy * forMs, fallMs)
  return {
    periodMs: everyMs,
    burstMs: forMs,
    lowMs,
    riseMs,
    risingForMs: riseMs / risesBy,
    fallingForMs: riseMs / (1 - after),
    rateRising: factor,
    rateHolding: overload ? capacity / rate : factor,
    rateBetween: between,
  }
}
