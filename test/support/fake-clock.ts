/** A clock that moves only when a test says so. Timers run in the order in which they are due. */
import type { Clock } from '../../src/clock.ts'

export interface FakeClock extends Clock {
  /**
   * Moves time on and runs what is due on the way, each at its own instant; promise callbacks run in between, so that
   * a timer which somebody sets in answer to another one is seen too.
   */
  advance: (ms: number) => Promise<void>
  /** Timers and sleeps that wait. */
  pending: () => number
}

type Timer = { readonly dueMs: number; readonly order: number; readonly run: () => void }

/** @param startMs wall clock at the start, ms since the epoch */
export function fakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsedMs = 0
  let order = 0
  const timers = new Set<Timer>()

  function after(ms: number, run: () => void): () => void {
    const timer = { dueMs: elapsedMs + Math.max(0, ms), order: order++, run }
    timers.add(timer)
    return () => void timers.delete(timer)
  }

  function every(ms: number, run: () => void): () => void {
    let cancel = after(ms, tick)
    function tick() {
      cancel = after(ms, tick)
      run()
    }
    return () => cancel()
  }

  async function advance(ms: number): Promise<void> {
    const untilMs = elapsedMs + ms
    await drained()
    for (let next = due(untilMs); next; next = due(untilMs)) {
      elapsedMs = next.dueMs
      timers.delete(next)
      next.run()
      await drained()
    }
    elapsedMs = untilMs
  }

  function due(untilMs: number): Timer | undefined {
    const ready = [...timers].filter((timer) => timer.dueMs <= untilMs)
    return ready.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0]
  }

  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    sleep: (ms, signal) => sleep(after, ms, signal),
    after,
    every,
    advance,
    pending: () => timers.size,
  }
}

function sleep(after: Clock['after'], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = () =>
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    if (signal?.aborted) {
      refuse()
      return
    }
    const abort = () => {
      cancel()
      refuse()
    }
    const cancel = after(ms, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/** All promise callbacks that can run, have run. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
