/** One operation as it runs in this process. */
import type { Clock } from '../clock.ts'
import type { Journal } from './journal.ts'
import type { Leaving } from './leaving.ts'
import { Cancelled, StaleFence } from './log.ts'
import type { LockRequest, Locks } from './locks.ts'
import type { OperationRecord, StepRecord } from './operation.ts'
import type { RetryPolicy } from './retry-policy.ts'
import type { StepReporter } from './step-progress.ts'
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
  /** With {Stopped}: the engine stops, or somebody else has taken the operation over. */
  readonly leaving: Leaving
  /** The same for the way forward, which also ends with {Cancelled}: waits are left, what is in flight is let end. */
  readonly forward: Leaving
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

/** It has its locks, and may be half-way under them. */
export function isUnderWay(record: Pick<OperationRecord, 'steps' | 'retried'>): boolean {
  return hasBegun(record) && !record.retried
}

/** @param own also the output of this step itself: for its undo */
export function contextOf<W>(
  run: OperationRun<W>,
  index: number,
  own: boolean,
  reporter: StepReporter<W>
): StepContext {
  return new ContextOfStep(run.journal.record, index, own, reporter)
}

/** What few steps ask for is put together when they do. */
class ContextOfStep<W> implements StepContext {
  readonly operationId: string
  readonly step: string
  readonly fence: number
  readonly actor: string
  readonly tenant: string
  readonly reported: StepContext['reported']
  private readonly steps: readonly StepRecord[]
  /** So many of them. */
  private readonly known: number
  private readonly reporter: StepReporter<W>

  constructor(
    { id, steps, fence, actor, tenant }: OperationRecord,
    index: number,
    own: boolean,
    reporter: StepReporter<W>
  ) {
    const step = steps[index]
    this.operationId = id
    this.step = step?.name ?? ''
    this.fence = fence
    this.actor = actor
    this.tenant = tenant
    this.reported = step?.progress ?? null
    this.steps = steps
    this.known = own && step !== undefined && step.output !== null ? index + 1 : index
    this.reporter = reporter
  }

  get outputs(): Readonly<Record<string, Json>> {
    const known = this.steps.slice(0, this.known)
    return Object.fromEntries(known.map(({ name, output }) => [name, output]))
  }

  get progress(): StepContext['progress'] {
    return (now) => this.reporter.report(now)
  }
}
