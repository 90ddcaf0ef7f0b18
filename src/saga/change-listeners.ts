/** Who is told of durable changes, and waiting for an operation's end. */
import type { Clock } from '../clock.ts'
import type { OperationRecord } from './operation.ts'
import { isTerminal } from './operation.ts'

type Listener = (record: OperationRecord) => void

export interface ChangeListeners {
  /** A listener that throws is a bug of its own: it is reported, and stops neither the others nor what is told of. */
  readonly tell: Listener
  readonly add: (listener: Listener) => () => void
}

export function createChangeListeners(
  onTrouble: (error: unknown) => void
): ChangeListeners {
  const listeners = new Set<Listener>()
  function tellOne(listener: Listener, record: OperationRecord): void {
    try {
      listener(record)
    } catch (error) {
      onTrouble(error)
    }
  }
  return {
    tell: (record) => {
      for (const listener of listeners) queueMicrotask(() => tellOne(listener, record))
    },
    add: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

export type WaitOptions = {
  readonly id: string
  readonly timeoutMs: number
  readonly clock: Clock
  readonly changes: ChangeListeners
  /** The engine stops: whoever waits is answered with what there is. */
  readonly stopping: AbortSignal
  readonly get: (id: string) => Promise<OperationRecord | undefined>
}

/** The record once it has ended, or as it is when the time is over. */
export async function waitForEnd(
  options: WaitOptions
): Promise<OperationRecord | undefined> {
  const { id, timeoutMs, clock, changes, stopping, get } = options
  let over = () => {}
  const ended = new Promise<void>((resolve) => (over = resolve))
  // Listening comes first: an end between the look and the wait must not be missed.
  const forget = changes.add((record) => {
    if (record.id === id && isTerminal(record.state)) over()
  })
  const cancel = clock.after(timeoutMs, over)
  stopping.addEventListener('abort', over)
  try {
    const now = await get(id)
    if (now === undefined || isTerminal(now.state) || stopping.aborted) return now
    await ended
    return await get(id)
  } finally {
    forget()
    cancel()
    stopping.removeEventListener('abort', over)
  }
}
