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
      index === 0 && begun ? stepBegun(name, at) : stepToCome(name)
    ),
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

/**
 * Of steps that are to come: one record for all that have the same name. There are few names, at most some for each number
 * that a VF can have.
 */
const toCome = new Map<string, StepRecord>()

function stepToCome(name: string): StepRecord {
  const known = toCome.get(name)
  if (known) return known
  const step = { name, ...NOT_BEGUN }
  toCome.set(name, step)
  return step
}

function stepBegun(name: string, at: string): StepRecord {
  return { name, ...NOT_BEGUN, state: 'running', attempts: 1, startedAt: at }
}
