/** The port through which the engine makes its intent durable. `store/` implements it. */
import type { OperationRecord, OperationState, StepState } from './operation.ts'
import type { Json, OperationError } from './workflow.ts'

export interface SagaLog<W> {
  /** Durable when resolved, with `writes` in the same transaction. */
  create: (operation: OperationRecord, writes: readonly W[]) => Promise<void>
  /** Durable when resolved, all or nothing. @throws StaleFence when the stored fence is higher than the record's. */
  append: (entry: LogEntry, writes: readonly W[]) => Promise<void>
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

/** One durable step forward of one operation. Absent fields stay as they are. */
export type LogEntry = {
  readonly operationId: string
  readonly fence: number
  readonly at: string
  readonly state?: OperationState
  readonly committed?: boolean
  readonly error?: OperationError | null
  readonly blocked?: Json
  readonly waitsFor?: readonly string[]
  readonly leaseUntilMs?: number
  readonly step?: {
    readonly index: number
    readonly state: StepState
    readonly output?: Json
    readonly error?: OperationError | null
    readonly attempts?: number
    readonly startedAt?: string
    readonly endedAt?: string
  }
}

export class StaleFence extends Error {
  readonly operationId: string

  constructor(operationId: string) {
    super(`operation ${operationId} has a later owner`)
    this.name = 'StaleFence'
    this.operationId = operationId
  }
}
