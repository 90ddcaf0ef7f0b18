/** How often, and after how long, a step is tried again. */
export type RetryPolicy = {
  /** From the commit step on: times that a step may fail before the operation is stuck. */
  readonly attempts: number
  /** Times that an undo may fail before it is given up. */
  readonly undoAttempts: number
  /** Doubled after each failure. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** Between two looks at a step that is blocked. */
  readonly blockedDelayMs: number
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 5,
  undoAttempts: 4,
  firstDelayMs: 200,
  maxDelayMs: 5_000,
  blockedDelayMs: 500,
}

/** @param failures so far, at least 1 */
export function delayMs(policy: RetryPolicy, failures: number): number {
  return Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (failures - 1))
}
