/** The record of an operation that is about to begin. */
import type { StartOperation } from './engine.ts'
import type { OperationRecord, StepRecord } from './operation.ts'
import type { Plan } from './workflow-book.ts'

export type Beginning = {
  /** Operations that hold its locks now. */
  readonly waitsFor: readonly string[]
  readonly owner: string
  readonly leaseUntilMs: number
  readonly at: string
  /** With it the first step is intended. */
  readonly begun: boolean
}

export function newOperation<W>(
  operation: StartOperation,
  { definition, steps }: Plan<W>,
  { waitsFor, owner, leaseUntilMs, at, begun }: Beginning
): OperationRecord {
  return {
    ...operation,
    version: definition.version,
    state: waitsFor.length > 0 ? 'waiting' : 'running',
    steps: steps.map(({ name }, index) =>
      index === 0 && begun
        ? { ...NOT_BEGUN, name, state: 'running', attempts: 1, startedAt: at }
        : { ...NOT_BEGUN, name }
    ),
    committed: false,
    cancelRequest: null,
    error: null,
    blocked: null,
    waitsFor,
    owner,
    leaseUntilMs,
    fence: 1,
    createdAt: at,
    updatedAt: at,
  }
}

export const NOT_BEGUN = {
  state: 'pending',
  output: null,
  error: null,
  attempts: 0,
  progress: null,
  startedAt: null,
  endedAt: null,
} as const satisfies Omit<StepRecord, 'name'>
