/** How often, and how soon, nvirt tries to bring a function back: never for ever. */
import type { HealingRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { RETIRE } from '../retire-params.ts'
import type { AnyWork } from './work-now.ts'

export const MOST_ATTEMPTS = 5

/** After the first failure; four times as long after each further one. */
const FIRST_PAUSE_MS = 2_000

/** A function that has been right for so long starts anew. One that is taken again and again is given up. */
const FORGOTTEN_AFTER_MS = 600_000

export function isGivenUp(row: HealingRow | undefined): boolean {
  return row !== undefined && row.attempts >= MOST_ATTEMPTS
}

/**
 * It was retired, to be provisioned as something else, which is of the same attempt: given up in between, it would be
 * neither what it was nor what it is to be.
 */
export function isHalfDone(
  { read }: Store,
  work: AnyWork,
  tried: HealingRow | undefined
): boolean {
  if (!tried || !('divide' in work) || work.divide !== 'provision') return false
  const before = read.operation(null, tried.operationId)
  return before?.workflow === RETIRE && before.state === 'succeeded'
}

/** The one that is now begun, or gone on with, included. */
export function attemptsOf(
  store: Store,
  work: AnyWork,
  tried: HealingRow | undefined
): number {
  const before = tried?.attempts ?? 0
  return isHalfDone(store, work, tried) ? before : before + 1
}

/** Milliseconds since the epoch. 0: at once. */
export function dueMs(row: HealingRow | undefined): number {
  if (!row) return 0
  const pauseMs = FIRST_PAUSE_MS * 4 ** (row.attempts - 1)
  return Date.parse(row.lastAttemptAt) + pauseMs
}

export function isForgotten({ lastAttemptAt }: HealingRow, nowMs: number): boolean {
  return nowMs - Date.parse(lastAttemptAt) >= FORGOTTEN_AFTER_MS
}
