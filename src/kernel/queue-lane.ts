/**
 * The behaviour of every lane, whatever makes the calls: one call in flight, or writes that are made together; those
 * behind it wait; a deadline that reports and never gives up, and an immediate `blocked` for whoever comes or waits while
 * a call is overdue.
 */
import type { Clock } from '../clock.ts'
import { allEnded } from './all-ended.ts'
import type { KernelAnswer, KernelCall, WriteCall } from './call.ts'
import type { BlockedCall, Lane, LaneAnswer, LaneKey, LaneOptions } from './kernel.ts'
import { lateAnswers } from './late-answers.ts'

export type LaneExecutor = {
  /** Makes the call, however long it takes. @throws {KernelError} */
  readonly execute: <C extends KernelCall>(call: C) => Promise<KernelAnswer<C>>
  /** Default: `execute` of each. @throws {KernelError} of the first that failed, once all have come back */
  readonly executeTogether?: (calls: readonly WriteCall[]) => Promise<null>
  /** A call that a former service left hanging in this lane; the lane must not be used until it has gone. */
  readonly inherited: () => Promise<BlockedCall | undefined>
  /** As `inherited`, and gets ready what `execute` needs first, so that no deadline counts it. */
  readonly ready?: () => Promise<BlockedCall | undefined>
  readonly pid: () => number | undefined
}

/** A call with its caller, whose answer type is known to the closures only. */
type Entry = {
  readonly call: KernelCall
  readonly deadlineMs: number
  /** Makes the call, however long it takes; what it gives tells the caller. */
  readonly make: () => Promise<() => void>
  readonly blocked: (blocked: BlockedCall) => void
  readonly fail: (cause: unknown) => void
}

export function queueLane(key: LaneKey, executor: LaneExecutor, clock: Clock): Lane {
  const waiting: Entry[] = []
  let serving = false
  let overdue: BlockedCall | undefined
  const late = lateAnswers()

  function call<C extends KernelCall>(c: C, options: LaneOptions): Promise<LaneAnswer<C>> {
    const { lateAs } = options
    return queued(c, options, async () => {
      const answer = executor.execute(c)
      if (lateAs !== undefined) {
        await answer.catch(() => {})
        if (overdue) late.keep(lateAs, c, answer) // one call is in flight: this one
      }
      return answer
    })
  }

  async function callTogether(calls: readonly WriteCall[], options: LaneOptions) {
    const [first] = calls
    if (first === undefined) return { done: true, answer: null } as const
    const together = executor.executeTogether ?? eachBy(executor)
    return queued(first, options, () => together(calls))
  }

  /** @param c told where it is overdue */
  function queued<C extends KernelCall>(
    c: C,
    { deadlineMs }: LaneOptions,
    execute: () => Promise<KernelAnswer<C>>
  ): Promise<LaneAnswer<C>> {
    if (overdue) return Promise.resolve({ done: false, blocked: overdue })
    return new Promise((resolve, reject) => {
      waiting.push({
        call: c,
        deadlineMs,
        make: () =>
          execute().then(
            (answer) => () => resolve({ done: true, answer }),
            (cause: unknown) => () => reject(asError(cause))
          ),
        blocked: (blocked) => resolve({ done: false, blocked }),
        fail: (cause) => reject(asError(cause)),
      })
      if (!serving) void serve()
    })
  }

  async function serve(): Promise<void> {
    serving = true
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) await serveOne(entry)
    serving = false
  }

  async function serveOne(entry: Entry): Promise<void> {
    try {
      const blocked = await (executor.ready ?? executor.inherited)()
      if (blocked) entry.blocked(blocked)
      else await runWithDeadline(entry)
    } catch (cause) {
      entry.fail(cause)
    }
  }

  /** Ends when the kernel has answered. After the deadline nobody waits for that answer any more: the caller, told
   * `blocked`, looks at the machine when it comes back, or takes the answer where a look would not tell. */
  async function runWithDeadline(entry: Entry): Promise<void> {
    const sinceMs = clock.nowMs()
    const cancel = clock.after(entry.deadlineMs, () => {
      const blocked = { call: entry.call, sinceMs, lanePid: executor.pid() }
      overdue = blocked
      for (const told of [entry, ...waiting.splice(0)]) told.blocked(blocked)
    })
    try {
      const tell = await entry.make()
      tell()
    } finally {
      cancel()
      overdue = undefined
    }
  }

  return {
    key,
    call,
    callTogether,
    lateAnswer: late.take,
    blockedBy: async () => overdue ?? executor.inherited(),
  }
}

function eachBy({ execute }: LaneExecutor) {
  return async (calls: readonly WriteCall[]): Promise<null> => {
    await allEnded(calls.map((call) => execute(call)))
    return null
  }
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error('a lane failed', { cause })
}
