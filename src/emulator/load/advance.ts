/**
 * One pass over the columns of a `QueueLoad`: the emulator's inner loop. It is one function, its columns in constants,
 * because a call for each function of a fleet costs as much as the queues of that function do.
 */
import { burstTimes } from './burst-times.ts'
import type { Columns } from './columns.ts'
import { drawn, UNIT } from './seeded.ts'

/** Slots of load time in which the rate of a queue differs from its mean, and those in which a function drifts, ms. */
const SLOT_MS = 2048
const DRIFT_MS = 65_536

/** Odd, so that neighbouring slots draw unlike numbers. */
const SPREAD = 0x9e3779b1

/** Load time of arrivals and of completions, and latency by completions; computed per function. */
const times = new Float64Array(3)

/**
 * @param count functions that have a place
 * @param limit commands that fit in a queue
 * @param now ms, a whole number
 */
export function advance(columns: Columns, count: number, limit: number, now: number): void {
  const { firstQueue, queueCount, functionSeed, latency, swing, noise } = columns
  const { isInBursts, bursts, seed, rate, fixed, weighedMs } = columns
  const { completions, inFlight, latencyMs } = columns
  const drift = slotOf(now, DRIFT_MS)
  for (let fn = 0; fn < count; fn++) {
    const first = firstQueue[fn]!
    const last = first + queueCount[fn]!
    if (last === first) continue
    let arrived = now
    let done = now - latency[fn]!
    let summed = 0
    if (isInBursts[fn] === 1) {
      burstTimes(bursts, fn, now, times)
      arrived = times[0]!
      done = times[1]!
      summed = times[2]!
    }
    if (done < 0) done = 0
    if (swing[fn] !== 0) {
      const own = functionSeed[fn]!
      const by = swing[fn]! * UNIT * DRIFT_MS
      const then = slotOf(done, DRIFT_MS)
      arrived += by * drawn(own ^ Math.imul(drift, SPREAD)) * bend(now / DRIFT_MS - drift)
      done += by * drawn(own ^ Math.imul(then, SPREAD)) * bend(done / DRIFT_MS - then)
    }
    const slot = slotOf(arrived, SLOT_MS)
    const slotThen = slotOf(done, SLOT_MS)
    const key = Math.imul(slot, SPREAD)
    const keyThen = Math.imul(slotThen, SPREAD)
    const by = noise[fn]! * UNIT * SLOT_MS
    const bent = by * bend(arrived / SLOT_MS - slot)
    const bentThen = by * bend(done / SLOT_MS - slotThen)
    for (let q = first; q < last; q++) {
      const own = seed[q]!
      const mean = rate[q]!
      const drew = drawn(own ^ key)
      const drewThen = key === keyThen ? drew : drawn(own ^ keyThen)
      // Where in a command's time the queue is at 0: queues do not count in step.
      const offset = own * (UNIT / 2)
      const completed = Math.floor(mean * (done + bentThen * drewThen) + offset)
      const came = Math.floor(mean * (arrived + bent * drew) + offset)
      const open = came - completed + fixed[q]!
      completions[q] = completed
      inFlight[q] = open < limit ? open : limit
      latencyMs[q] = weighedMs[q]! * completed + mean * summed
    }
  }
}

function slotOf(ms: number, slotMs: number): number {
  return Math.floor(ms / slotMs)
}

/** 0 at the ends of a slot: the rate goes from one side of the mean to the other. */
function bend(part: number): number {
  return part * (1 - part)
}
