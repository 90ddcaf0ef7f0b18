/** Now, sleep and deadlines, as a value that tests replace. Nothing in src/ calls Date.now or setTimeout but this file. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  nowMs: () => number
  /** Never goes backwards; milliseconds since an arbitrary start. */
  monotonicMs: () => number
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Runs once after `ms`; the returned function cancels it. A pending timer does not keep the process alive. */
  after: (ms: number, run: () => void) => () => void
  /**
   * Runs every `ms` until the returned function is called. Does not keep the process alive. The system's clock runs late rather
   * than twice, then on time again; and of all that is due at once it runs a few in each turn of the event loop.
   */
  every: (ms: number, run: () => void) => () => void
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(reasonOf(signal))
        return
      }
      const timer = setTimeout(done, ms)
      function done() {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      function abort() {
        clearTimeout(timer)
        if (signal) reject(reasonOf(signal))
      }
      signal?.addEventListener('abort', abort, { once: true })
    }),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
  every: (ms, run) => repeat(ms, run),
}

/** Which are due: thousands of hosts' ticks at once would keep everybody else waiting for as long as all of them take. */
const due: (() => void)[] = []

/** A delay shifts nothing: what was spread over time before it stays so. */
function repeat(ms: number, run: () => void): () => void {
  let dueMs = performance.now() + ms
  let timer: NodeJS.Timeout | undefined
  let ended = false
  function wait(): void {
    timer = setTimeout(() => inTurn(turn), Math.ceil(dueMs - performance.now())).unref()
  }
  function turn(): void {
    if (ended) return
    const missed = Math.floor((performance.now() - dueMs) / ms)
    dueMs += ms * (1 + Math.max(0, missed))
    wait()
    run()
  }
  wait()
  return () => {
    ended = true
    clearTimeout(timer)
  }
}

/** Of a turn of the event loop: as long as all others had since the last one, between these bounds, so that neither starves. */
const TURN_MS = { least: 4, most: 20 }

function inTurn(turn: () => void): void {
  due.push(turn)
  if (due.length === 1) setImmediate(takeTurns)
}

let turnEndsMs = 0

function takeTurns(): void {
  const nowMs = performance.now()
  const othersMs = nowMs - turnEndsMs
  turnEndsMs = nowMs + Math.min(TURN_MS.most, Math.max(TURN_MS.least, othersMs))
  takeTurn()
}

/** The next one when this one's promises are settled as far as they can be. */
function takeTurn(): void {
  const [turn] = due
  try {
    turn?.()
  } finally {
    due.shift()
    if (due.length > 0) queueMicrotask(() => process.nextTick(goOn))
  }
}

function goOn(): void {
  if (performance.now() < turnEndsMs) takeTurn()
  else setImmediate(takeTurns)
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted')
}

/** RFC 3339 in UTC, with milliseconds. Many records of one moment are written at once: the last one is kept. */
export function isoTime(ms: number): string {
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() }
  return last.text
}

let last = { ms: 0, text: new Date(0).toISOString() }
