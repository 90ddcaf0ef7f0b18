/** Who is told of durable changes. */
import type { OperationRecord } from './operation.ts'

type Listener = (record: OperationRecord) => void

export interface ChangeListeners {
  /** A listener that throws is a bug of its own, and stops nobody else. */
  readonly tell: Listener
  readonly add: (listener: Listener) => () => void
}

export function createChangeListeners(): ChangeListeners {
  const listeners = new Set<Listener>()
  return {
    tell: (record) => {
      for (const listener of listeners) queueMicrotask(() => listener(record))
    },
    add: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
