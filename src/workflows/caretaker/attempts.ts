/** How often, and how soon, nvirt tries to bring a function back: never for ever. */
import type { HealingRow } from '../../store/rows.ts'

export const MOST_ATTEMPTS = 5

/** After the first failure; four times as long after each further one. */
const FIRST_PAUSE_MS = 2_000

/** A function that has been right for so long starts anew. One that is taken again and again is given up. */
const FORGOTTEN_AFTER_MS = 600_000

export function isGivenUp(row: HealingRow | undefined): boolean {
  return row !== undefined && row.attempts >= MOST_ATTEMPTS
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
