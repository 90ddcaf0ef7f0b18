/**
 * Waits for something outside this process: a child, a socket, a kernel. The one place where a test may wait for time to
 * pass; what happens inside the process is waited for by its promise.
 */
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The first answer that is not undefined.
 *
 * @throws Error after `withinMs`, saying what was waited for
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  withinMs = 10_000
): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (performance.now() > endMs) throw new Error(`${what}: not within ${withinMs} ms`)
    await sleep(20)
  }
}
