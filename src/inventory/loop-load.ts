/** How busy the event loop of this thread is. */
import { performance } from 'node:perf_hooks'

const LEAST_MS = 250

/** @returns what part of its time it had work, 0 to 1, over the last quarter of a second or longer, between two calls */
export function loopLoad(): () => number {
  let before = performance.eventLoopUtilization()
  let load = 0
  return () => {
    const since = performance.eventLoopUtilization(before)
    if (since.active + since.idle < LEAST_MS) return load
    before = performance.eventLoopUtilization()
    load = since.utilization
    return load
  }
}
