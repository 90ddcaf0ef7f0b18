/** Who waits for the end of an operation. Kept by operation, so that each change of another costs them nothing. */
import type { Clock } from '../clock.ts'
import type { OperationRecord } from './operation.ts'
import { isTerminal } from './operation.ts'

export interface Ends {
  readonly tell: (record: OperationRecord) => void
  /** The engine stops: whoever waits, or begins to, is answered with what there is. */
  readonly stop: () => void
  /** The record once it has ended, or as it is when the time is over. */
  readonly wait: (id: string, timeoutMs: number) => Promise<OperationRecord | undefined>
}

export type EndsOptions = {
  readonly clock: Clock
  readonly get: (id: string) => Promise<OperationRecord | undefined>
}

export function createEnds({ clock, get }: EndsOptions): Ends {
  const waiting = new Map<string, Set<() => void>>()
  let stopped = false

  /** @returns forgets it */
  function listen(id: string, over: () => void): () => void {
    const others = waiting.get(id) ?? new Set()
    waiting.set(id, others.add(over))
    return () => {
      others.delete(over)
      if (others.size === 0 && waiting.get(id) === others) waiting.delete(id)
    }
  }

  async function wait(id: string, timeoutMs: number): Promise<OperationRecord | undefined> {
    let over = () => {}
    const ended = new Promise<void>((resolve) => (over = resolve))
    // Listening comes first: an end between the look and the wait must not be missed.
    const forget = listen(id, over)
    const cancel = clock.after(timeoutMs, over)
    try {
      const now = await get(id)
      if (now === undefined || isTerminal(now.state) || stopped) return now
      await ended
      return await get(id)
    } finally {
      forget()
      cancel()
    }
  }

  return {
    wait,
    tell: ({ id, state }) => {
      if (isTerminal(state)) for (const over of waiting.get(id) ?? []) over()
    },
    stop: () => {
      stopped = true
      for (const others of waiting.values()) for (const over of others) over()
    },
  }
}
