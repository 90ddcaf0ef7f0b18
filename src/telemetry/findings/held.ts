/**
 * Hysteresis: a condition has to hold for a while before it is a finding, and to be over for a while before that ends. What
 * is not observed is neither: the while begins anew.
 */
export type Held = {
  readonly open: boolean
  /** Since when what would change that holds without a break, ms; null: it does not. */
  readonly sinceMs: number | null
}

export type Observed = {
  /** It is so, by the threshold for a begin. */
  readonly isSo: boolean
  /** It is over, by the threshold for an end. Never both; neither, between the two thresholds. */
  readonly isOver: boolean
}

export type HoldTimes = { readonly beginMs: number; readonly endMs: number }

export const NOT_HELD: Held = { open: false, sinceMs: null }

/** @param observed null: it could not be seen */
export function hold(
  held: Held,
  observed: Observed | null,
  nowMs: number,
  { beginMs, endMs }: HoldTimes
): Held {
  const turns = observed !== null && (held.open ? observed.isOver : observed.isSo)
  if (!turns) return held.sinceMs === null ? held : { open: held.open, sinceMs: null }
  const sinceMs = held.sinceMs ?? nowMs
  const long = nowMs - sinceMs >= (held.open ? endMs : beginMs)
  return long ? { open: !held.open, sinceMs: null } : { open: held.open, sinceMs }
}
