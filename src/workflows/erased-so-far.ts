/**
 * How far erases have got, so that one is taken up where it was interrupted, and shown. This process knows it to the byte;
 * after a restart what the step had said counts, which is what it had done at least (saga/step-progress.ts).
 */
import type { Turn } from './define-workflow.ts'

export interface ErasedSoFar {
  /** Bytes of that namespace, from its start. */
  readonly bytes: (erase: ErasePart) => number
  readonly note: (erase: ErasePart, bytes: number) => void
  /** The operation needs it no more. */
  readonly forget: (operationId: string) => void
}

/** One namespace of an erase of several. Bytes. */
export type ErasePart = {
  readonly turn: Pick<Turn, 'operationId' | 'progress' | 'reported'>
  readonly sizeBytes: number
  /** Of the namespaces before it, and of all. */
  readonly beforeBytes: number
  readonly totalBytes: number
}

export function erasedSoFar(): ErasedSoFar {
  /** Bytes of all namespaces, by operation. */
  const done = new Map<string, number>()

  function bytes({ turn, sizeBytes, beforeBytes }: ErasePart): number {
    const all = done.get(turn.operationId) ?? turn.reported?.done ?? 0
    return Math.min(Math.max(all - beforeBytes, 0), sizeBytes)
  }

  function note({ turn, beforeBytes, totalBytes }: ErasePart, erased: number): void {
    const all = beforeBytes + erased
    done.set(turn.operationId, all)
    turn.progress({ done: all, total: totalBytes, unit: 'bytes' })
  }

  return { bytes, note, forget: (operationId) => void done.delete(operationId) }
}
