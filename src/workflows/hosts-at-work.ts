/** Which hosts operations are changing just now, by what the engine tells of their steps. */
import type { Clock } from '../clock.ts'
import type { OperationState } from '../saga/operation.ts'
import type { OpenOperation } from '../store/store.ts'
import { hostOf } from './open-operations.ts'

/** A step that takes longer, an erase or a call that hangs, is no reason not to look at its host meanwhile. */
const STEP_MS = 1_000

const AT_WORK: readonly OperationState[] = ['running', 'undoing']

export interface HostsAtWork {
  readonly isAtWork: (hostId: string) => boolean
  readonly note: (record: OpenOperation) => void
}

export function hostsAtWork(clock: Clock): HostsAtWork {
  const byOperation = new Map<string, { readonly hostId: string; readonly at: number }>()

  function note({ id, state, params }: OpenOperation): void {
    const hostId = hostOf(params)
    if (hostId !== undefined && AT_WORK.includes(state))
      byOperation.set(id, { hostId, at: clock.monotonicMs() })
    else byOperation.delete(id)
  }

  function isAtWork(hostId: string): boolean {
    const since = clock.monotonicMs() - STEP_MS
    return [...byOperation.values()].some((one) => one.hostId === hostId && one.at > since)
  }

  return { isAtWork, note }
}
