/**
 * Work of which only a little is under way at once, though many ask: what it makes is then gone again while it is young,
 * which costs a garbage collector the least. Work that takes its time waits for something, and is no longer counted.
 */
import type { Clock } from '../clock.ts'

/** Does it in its turn. Turns come in the order in which they were asked for. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** @param countedMs from its begin, as long as it is not done before */
export function fewAtOnce(clock: Clock, most: number, countedMs: number): InTurn {
  const waiting: (() => void)[] = []
  let counted = 0

  async function enter(): Promise<void> {
    if (counted < most) counted++
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }

  /** Whoever is next takes the place. */
  function leave(): void {
    const next = waiting.shift()
    if (next) next()
    else counted--
  }

  return async (work) => {
    await enter()
    let isCounted = true
    const leaveOnce = () => {
      if (isCounted) leave()
      isCounted = false
    }
    const cancel = clock.after(countedMs, leaveOnce)
    try {
      return await work()
    } finally {
      cancel()
      leaveOnce()
    }
  }
}
