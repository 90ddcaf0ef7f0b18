/**
 * The port through which the engine makes its intent durable. `store/` implements it. What it refuses it rejects: it throws
 * nothing at once.
 */
import type {
  OperationRecord,
  OperationState,
  PersonalRequest,
  StepState,
} from './operation.ts'
import type { Json, OperationError, StepProgress } from './workflow.ts'

export interface SagaLog<W> {
  /** Durable when resolved, with `writes` in the same transaction. */
  create: (operation: OperationRecord, writes: readonly W[]) => Promise<unknown>
  /** Durable when resolved, all or nothing. @throws what `admitEntry` throws: {StaleFence}, {Cancelled}, {NotNow} */
  append: (entry: LogEntry, writes: readonly W[]) => Promise<unknown>
  /** Operations that have not ended, oldest first. */
  loadOpen: () => Promise<readonly OperationRecord[]>
  load: (id: string) => Promise<OperationRecord | undefined>
  /**
   * Takes over an operation whose lease has expired or is ours: raises its fence.
   * @returns the new fence, or undefined when somebody else still holds the lease.
   */
  takeOver: (
    id: string,
    owner: string,
    leaseUntilMs: number,
    nowMs: number
  ) => Promise<number | undefined>
}

/** One durable step forward of one operation. What is absent or undefined stays as it is. */
export type LogEntry = {
  readonly operationId: string
  readonly fence: number
  readonly at: string
  readonly leaseUntilMs?: number | undefined
  readonly step?: StepEntry | undefined
  /** The step that begins as that one is done: its intent. */
  readonly next?: StepEntry | undefined
  readonly state?: OperationState | undefined
  readonly committed?: boolean | undefined
  readonly error?: OperationError | null | undefined
  readonly blocked?: Json | undefined
  readonly waitsFor?: readonly string[] | undefined
  readonly owner?: string | undefined
  readonly cancelRequest?: PersonalRequest | undefined
  /** It was stuck, and goes on from there: steps whose undo failed are to be undone again. */
  readonly retry?: PersonalRequest | undefined
}

export type StepEntry = {
  readonly index: number
  readonly state?: StepState
  readonly output?: Json
  readonly error?: OperationError | null
  readonly attempts?: number
  readonly progress?: StepProgress
  readonly startedAt?: string
  readonly endedAt?: string
}

export class StaleFence extends Error {
  readonly operationId: string

  constructor(operationId: string) {
    super(`operation ${operationId} has a later owner`)
    this.name = 'StaleFence'
    this.operationId = operationId
  }
}

/** Somebody wants it undone: it neither commits nor succeeds any more. Not a failure of a step. */
export class Cancelled extends Error {
  readonly request: PersonalRequest

  constructor(request: PersonalRequest) {
    super(`cancelled by ${request.actor}`)
    this.name = 'Cancelled'
    this.request = request
  }
}

/** What was asked for is too late, or too early, for the state that the operation is in. */
export class NotNow extends Error {
  readonly operationId: string

  constructor(operationId: string) {
    super(`operation ${operationId} is not in a state for that`)
    this.name = 'NotNow'
    this.operationId = operationId
  }
}
