/** One operation as it runs in this process. */
import type { Clock } from '../clock.ts'
import type { Journal } from './journal.ts'
import { Cancelled, StaleFence } from './log.ts'
import type { LockRequest, Locks } from './locks.ts'
import type { OperationRecord, StepRecord } from './operation.ts'
import type { RetryPolicy } from './retry-policy.ts'
import type { Json, Step, StepContext, WorkflowDefinition } from './workflow.ts'

export type OperationRun<W> = {
  readonly id: string
  readonly definition: WorkflowDefinition<W>
  readonly steps: readonly Step<W>[]
  readonly journal: Journal<W>
  readonly locks: Locks
  readonly operationLocks: LockRequest
  /** Locks of the step that was begun and is neither done nor undone: held from its run to the end of its undo. */
  stepLocks: { readonly index: number; readonly request: LockRequest } | undefined
  readonly clock: Clock
  readonly retry: RetryPolicy
  /** Aborted with {Stopped}: the engine stops, or somebody else has taken the operation over. */
  readonly signal: AbortSignal
  /** The same for the way forward, which also ends with {Cancelled}: waits are left, what is in flight is let end. */
  readonly forward: AbortSignal
  /** The step whose intent was written with what came before it, and that has not run since. */
  intended: number | undefined
  /** A step waits for what no program can hurry: stopping does not wait for it. */
  blocked: boolean
}

/** The run ends here; the operation stays open for the next start. */
export class Stopped extends Error {
  constructor() {
    super('stopped')
    this.name = 'Stopped'
  }
}

/** Neither is a failure of the step: there is nobody left to record one. */
export function endsRun(error: unknown): boolean {
  return error instanceof Stopped || error instanceof StaleFence
}

/** The step has not failed: it is left, or nobody is there any more to go on with it. */
export function leavesStep(error: unknown): boolean {
  return endsRun(error) || error instanceof Cancelled
}

/** Failed or cancelled before its commit step: from here on it goes backwards. */
export function goesBack({ error, cancelRequest, committed }: OperationRecord): boolean {
  return !committed && (error !== null || cancelRequest !== null)
}

/** Some of it may have been done. */
export function hasBegun({ steps }: { readonly steps: readonly StepRecord[] }): boolean {
  return steps.some(({ state }) => state !== 'pending')
}

/** @param own also the output of this step itself: for its undo */
export function contextOf<W>(
  run: OperationRun<W>,
  index: number,
  own: boolean,
  progress: StepContext['progress']
): StepContext {
  const { id, fence, actor, tenant, steps } = run.journal.record()
  const outputs: Record<string, Json> = {}
  for (const [at, step] of steps.entries()) {
    const isKnown = at < index || (own && at === index && step.output !== null)
    if (isKnown) outputs[step.name] = step.output
  }
  const { name = '', progress: reported = null } = steps[index] ?? {}
  return {
    operationId: id,
    step: name,
    fence,
    outputs,
    actor,
    tenant,
    progress,
    reported,
  }
}
