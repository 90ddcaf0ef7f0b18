/**
 * How far a load in bursts has come, in load time: the time that the same would take at the mean rate. All queues of a
 * function share it, since the drive takes their commands in the order of their arrival: what completes at an instant
 * arrived at one earlier instant, on whichever queue.
 */
import type { BurstCycle } from './burst-cycle.ts'

/** Numbers of a function in the `bursts` column, and their positions. Times in ms, rates as parts of the mean. */
export const BURSTS_LENGTH = 14
const AT = {
  periodMs: 0,
  burstMs: 1,
  lowMs: 2,
  riseMs: 3,
  risingForMs: 4,
  fallingForMs: 5,
  rateRising: 6,
  rateHolding: 7,
  rateBetween: 8,
  /** Where in its cycle it is at time 0. */
  phaseMs: 9,
  /** Load time, and latency summed over it, in one period, and from a burst's begin to time 0. */
  loadOfPeriod: 10,
  loadBefore: 11,
  latencyOfPeriod: 12,
  latencyBefore: 13,
} as const

/** @param phase 0 up to but not 1 */
export function writeBursts(
  bursts: Float64Array,
  fn: number,
  cycle: BurstCycle,
  phase: number
): void {
  const at = fn * BURSTS_LENGTH
  bursts[at + AT.periodMs] = cycle.periodMs
  bursts[at + AT.burstMs] = cycle.burstMs
  bursts[at + AT.lowMs] = cycle.lowMs
  bursts[at + AT.riseMs] = cycle.riseMs
  bursts[at + AT.risingForMs] = cycle.risingForMs
  bursts[at + AT.fallingForMs] = cycle.fallingForMs
  bursts[at + AT.rateRising] = cycle.rateRising
  bursts[at + AT.rateHolding] = cycle.rateHolding
  bursts[at + AT.rateBetween] = cycle.rateBetween
  const phaseMs = phase * cycle.periodMs
  bursts[at + AT.phaseMs] = phaseMs
  bursts[at + AT.loadOfPeriod] = loadWithin(bursts, at, cycle.periodMs)
  bursts[at + AT.loadBefore] = loadWithin(bursts, at, phaseMs)
  bursts[at + AT.latencyOfPeriod] = latencyWithin(bursts, at, cycle.periodMs)
  bursts[at + AT.latencyBefore] = latencyWithin(bursts, at, phaseMs)
}

/** Into `out`: load time of what has arrived at `now`, load time of what is done, and latency summed over the latter. */
export function burstTimes(
  bursts: Float64Array,
  fn: number,
  now: number,
  out: Float64Array
): void {
  const at = fn * BURSTS_LENGTH
  const period = bursts[at + AT.periodMs]!
  const since = now + bursts[at + AT.phaseMs]!
  const cycles = Math.floor(since / period)
  const before = bursts[at + AT.loadBefore]!
  out[0] =
    cycles * bursts[at + AT.loadOfPeriod]! +
    loadWithin(bursts, at, since - cycles * period) -
    before
  const past = since - bursts[at + AT.lowMs]!
  const cycle = Math.floor(past / period)
  const arrival = arrivalWithin(bursts, at, past - cycle * period)
  const load = cycle * bursts[at + AT.loadOfPeriod]! + loadWithin(bursts, at, arrival)
  const latency =
    cycle * bursts[at + AT.latencyOfPeriod]! + latencyWithin(bursts, at, arrival)
  out[1] = Math.max(0, load - before)
  out[2] = Math.max(0, latency - bursts[at + AT.latencyBefore]!)
}

/** Load time of what was done until `now` and took at most `mostMs`; only differences of it mean anything. */
export function doneWithin(
  bursts: Float64Array,
  fn: number,
  mostMs: number,
  now: number
): number {
  const at = fn * BURSTS_LENGTH
  const period = bursts[at + AT.periodMs]!
  const past = now + bursts[at + AT.phaseMs]! - bursts[at + AT.lowMs]!
  const cycles = Math.floor(past / period)
  const arrival = arrivalWithin(bursts, at, past - cycles * period)
  const whole = quickWithin(bursts, at, mostMs, period)
  return cycles * whole + quickWithin(bursts, at, mostMs, arrival)
}

/** As `loadWithin`, of what takes at most `mostMs`: the lower part of the trapezoid. */
function quickWithin(bursts: Float64Array, at: number, mostMs: number, u: number): number {
  const over = mostMs - bursts[at + AT.lowMs]!
  if (over < 0) return 0
  const rise = bursts[at + AT.riseMs]!
  const part = over < rise ? over / rise : 1
  const rising = bursts[at + AT.risingForMs]!
  const burst = bursts[at + AT.burstMs]!
  let load = bursts[at + AT.rateRising]! * Math.min(u, rising * part)
  if (u > rising && part === 1)
    load += bursts[at + AT.rateHolding]! * (Math.min(u, burst) - rising)
  const slowFor = bursts[at + AT.fallingForMs]! * (1 - part)
  if (u > burst) load += bursts[at + AT.rateBetween]! * Math.max(0, u - burst - slowFor)
  return load
}

function loadWithin(bursts: Float64Array, at: number, u: number): number {
  const rising = bursts[at + AT.risingForMs]!
  const burst = bursts[at + AT.burstMs]!
  let load = bursts[at + AT.rateRising]! * Math.min(u, rising)
  if (u > rising) load += bursts[at + AT.rateHolding]! * (Math.min(u, burst) - rising)
  if (u > burst) load += bursts[at + AT.rateBetween]! * (u - burst)
  return load
}

/** Inverts arrival + latency, less what every command takes at least. */
function arrivalWithin(bursts: Float64Array, at: number, y: number): number {
  const rise = bursts[at + AT.riseMs]!
  const risen = bursts[at + AT.risingForMs]! + rise
  const falls = bursts[at + AT.burstMs]! + rise
  const fallen = bursts[at + AT.burstMs]! + bursts[at + AT.fallingForMs]!
  if (y < risen) return (y * bursts[at + AT.risingForMs]!) / risen
  if (y < falls) return y - rise
  if (y >= fallen) return y
  const fallingFor = bursts[at + AT.fallingForMs]!
  return bursts[at + AT.burstMs]! + ((y - falls) * fallingFor) / (fallen - falls)
}

/** Trapezoid times rate, integrated. */
function latencyWithin(bursts: Float64Array, at: number, u: number): number {
  const low = bursts[at + AT.lowMs]!
  const rise = bursts[at + AT.riseMs]!
  const rising = bursts[at + AT.risingForMs]!
  const burst = bursts[at + AT.burstMs]!
  const falling = bursts[at + AT.fallingForMs]!
  const first = Math.min(u, rising)
  const slope = rising > 0 ? rise / rising : 0
  let sum = bursts[at + AT.rateRising]! * (low + (slope * first) / 2) * first
  if (u > rising)
    sum += bursts[at + AT.rateHolding]! * (low + rise) * (Math.min(u, burst) - rising)
  if (u > burst) {
    const after = u - burst
    const fell = Math.min(after, falling)
    const down = falling > 0 ? rise / falling : 0
    sum += bursts[at + AT.rateBetween]! * (low * after + (rise - (down * fell) / 2) * fell)
  }
  return sum
}
