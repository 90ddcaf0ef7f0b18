/** What history knows of a function's latency, for what is usual to be known after a restart too. */
import { setImmediate } from 'node:timers/promises'
import { Accumulator, type Interval } from '../history/accumulator.ts'
import { SHAPES } from '../history/metrics.ts'
import type { HistoryService } from '../history/service.ts'
import { commandMs, type FormerMinutes } from './latency-watch.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export function formerMinutes(
  history: Pick<HistoryService, 'intervals'>,
  nowMs: () => number
): FormerMinutes {
  return async ({ kind, id }) => {
    const toMs = nowMs()
    const range = { fromMs: toMs - DAY_MS, toMs }
    const intervals = await history.intervals({ scope: kind, id }, range)
    // A fleet's functions come all at once: others have a turn between any two of them.
    await setImmediate()
    return latenciesOf(intervals)
  }
}

/** An interval belongs to the minute in which it ends. */
function latenciesOf(intervals: readonly Interval[]): readonly number[] {
  const minutes = new Map<number, Accumulator>()
  for (const interval of intervals) {
    const number = Math.floor((interval.toMs - 1) / MINUTE_MS)
    const minute = minutes.get(number) ?? new Accumulator(SHAPES.function)
    minutes.set(number, minute)
    minute.add(interval)
  }
  return Array.from(minutes, ([, minute]) => commandMs(minute.taken(0).mean))
}
