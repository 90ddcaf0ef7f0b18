/** Who is told of durable changes. */
import type { OperationRecord } from './operation.ts'

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
