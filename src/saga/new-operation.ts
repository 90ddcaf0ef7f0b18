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
  const { id, workflow, params, actor, tenant } = operation
  return {
    id,
    workflow,
    version: definition.version,
    params,
    actor,
    tenant,
    createdAt: at,
    state: waitsFor.length > 0 ? 'waiting' : 'running',
    committed: false,
    cancelRequest: null,
    retried: false,
    error: null,
    blocked: null,
    waitsFor,
    owner,
    leaseUntilMs,
    fence: 1,
    steps: steps.map(({ name }, index) =>
      stepRecord(name, index === 0 && begun ? at : null)
    ),
    updatedAt: at,
  }
}

/** @param begunAt null: it is to come */
function stepRecord(name: string, begunAt: string | null): StepRecord {
  return {
    name,
    state: begunAt === null ? 'pending' : 'running',
    output: null,
    error: null,
    attempts: begunAt === null ? 0 : 1,
    progress: null,
    startedAt: begunAt,
    endedAt: null,
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
