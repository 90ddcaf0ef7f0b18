/** What is looked for in the queues of one function, one interval at a time. Pure. */
import type { ObservedReading } from '../history/intake.ts'
import type { Observed } from './held.ts'
import { THRESHOLDS } from './kinds.ts'

/** null: not observed. */
export function isStuck(inFlight: number, commandsPerSecond: number): Observed | null {
  if (Number.isNaN(inFlight) || Number.isNaN(commandsPerSecond)) return null
  const isSo = inFlight > 0 && commandsPerSecond === 0
  return { isSo, isOver: !isSo }
}

/** @param depth entries; one always stays free. NaN: not known */
export function isFull(inFlight: number, depth: number): Observed | null {
  if (Number.isNaN(inFlight) || Number.isNaN(depth)) return null
  const { freePartAtEnd } = THRESHOLDS['queue-full']
  const most = depth - 1
  return { isSo: inFlight >= most, isOver: inFlight <= most * (1 - freePartAtEnd) }
}

/** Which queue carries most, and whether that is nearly everything. null: not observed. */
export function nearlyAllOnOne({ qid, commandsPerSecond }: ObservedReading['queues']) {
  const limits = THRESHOLDS['one-queue']
  let [sum, most, row] = [0, -1, 0]
  for (let q = 0; q < commandsPerSecond.length; q++) {
    const rate = commandsPerSecond[q]! // within its length
    sum += rate
    if (rate > most) [most, row] = [rate, q]
  }
  if (Number.isNaN(sum) || commandsPerSecond.length === 0) return null
  const part = sum === 0 ? 0 : most / sum
  const many = commandsPerSecond.length >= limits.queues
  return {
    qid: qid[row]!, // one of them
    part,
    perSecond: sum,
    isSo: many && part >= limits.part && sum >= limits.perSecond,
    isOver: !many || part < limits.partAtEnd || sum < limits.perSecondAtEnd,
  }
}
