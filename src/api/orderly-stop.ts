/**
 * The door closes in order: what comes now is refused, what is waited for (an operation's end) is told as it is, what is
 * in flight gets its answer, since a 202 that never left would hide an operation that will be done. Whoever hangs, or
 * does not read, is then cut off: nobody must hold up a stop.
 */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { App } from './app.ts'
import type { InFlight } from './in-flight.ts'

/** A request on a machine that answers takes far less; process managers kill after ten seconds. */
export const ANSWER_WITHIN_MS = 3_000

/** Fastify closes all connections after this hook, by `forceCloseConnections`. */
export function stopInOrder(
  app: App,
  clock: Clock,
  inFlight: InFlight,
  stopping: AbortController
): void {
  app.addHook('preClose', async () => {
    stopping.abort()
    await setImmediate() // what the kernel has received by now is read, and refused, instead of cut off
    let cancel = () => {}
    const enough = new Promise<void>((resolve) => {
      cancel = clock.after(ANSWER_WITHIN_MS, resolve)
    })
    await Promise.race([inFlight.answered(), enough])
    cancel()
  })
}

/** What the work gives; undefined when the stop comes first. The work goes on, and nobody hears of it. */
export async function unlessStopping<T>(
  stopping: AbortSignal,
  work: Promise<T>
): Promise<T | undefined> {
  let stop = () => {}
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
  })
  if (stopping.aborted) stop()
  stopping.addEventListener('abort', stop)
  try {
    return await Promise.race([work, stopped])
  } finally {
    stopping.removeEventListener('abort', stop)
  }
}
