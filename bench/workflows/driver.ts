/**
 * A driver that takes its time in a thread of its own, as the kernel does, exact to a tenth of a millisecond. Node's timers
 * count whole milliseconds of the event loop's clock: steps with nothing between them stay in step with it, and those with a
 * record between them wait for its next tick, some half a millisecond a step, which would be taken for the record's.
 */
import { Worker } from 'node:worker_threads'

export type Driver = {
  readonly drive: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Waits at once, at most. */
const SLOTS = 4096

/**
 * The deadlines lie in a ring, in order, since all waits are as long. Says how many have passed.
 *
 * Layout of `shared`: how many were asked for, as Int32; then from byte 8 their deadlines, ms since the epoch, as Float64.
 */
const THREAD = `
  const { parentPort, workerData: shared } = require('node:worker_threads')
  const asked = new Int32Array(shared, 0, 1)
  const deadlines = new Float64Array(shared, 8)
  const never = new Int32Array(new SharedArrayBuffer(4))
  let passed = 0
  for (;;) {
    const known = Atomics.load(asked, 0)
    const now = performance.timeOrigin + performance.now()
    const before = passed
    while (passed < known && deadlines[passed % deadlines.length] <= now) passed++
    if (passed > before) parentPort.postMessage(passed - before)
    if (passed === known) Atomics.wait(asked, 0, known)
    else Atomics.wait(never, 0, 0, Math.max(0.1, deadlines[passed % deadlines.length] - now))
  }
`

/** @param ms how long each wait takes */
export function startDriver(ms: number): Driver {
  const shared = new SharedArrayBuffer(8 + SLOTS * Float64Array.BYTES_PER_ELEMENT)
  const asked = new Int32Array(shared, 0, 1)
  const deadlines = new Float64Array(shared, 8)
  const waiting: (() => void)[] = []
  const worker = new Worker(THREAD, { eval: true, workerData: shared })
  worker.on('message', (passed: number) => {
    for (const done of waiting.splice(0, passed)) done()
  })

  return {
    drive: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        const at = Atomics.load(asked, 0)
        deadlines[at % SLOTS] = performance.timeOrigin + performance.now() + ms
        Atomics.store(asked, 0, at + 1)
        Atomics.notify(asked, 0)
      }),
    close: async () => void (await worker.terminate()),
  }
}
