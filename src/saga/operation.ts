/** The life of an operation. A field exists only in the states where it is true. */
import type { Json, OperationError, StepProgress } from './workflow.ts'

export type OperationState =
  /** Waits for a lock; `waitsFor` says whom. */
  | 'waiting'
  | 'running'
  /** A step waits for something that no program can hurry; `blocked` says what and by whom. */
  | 'blocked'
  | 'undoing'
  | 'succeeded'
  /** Failed, and everything that it did is undone. */
  | 'undone'
  /** A person must look: `error` and the failed steps name what at. */
  | 'stuck'

export const TERMINAL = [
  'succeeded',
  'undone',
  'stuck',
] as const satisfies readonly OperationState[]

export const OPEN_STATES = [
  'waiting',
  'running',
  'blocked',
  'undoing',
] as const satisfies readonly OperationState[]

export function isTerminal(state: OperationState): boolean {
  return (TERMINAL as readonly OperationState[]).includes(state)
}

export type StepState =
  'pending' | 'running' | 'done' | 'failed' | 'undoing' | 'undone' | 'undo-failed'

/** An operation as it is stored and loaded. */
export type OperationRecord = {
  readonly id: string
  readonly workflow: string
  readonly version: number
  readonly params: Json
  readonly state: OperationState
  readonly steps: readonly StepRecord[]
  /** Has its commit step begun. */
  readonly committed: boolean
  /** Somebody wants it undone. Once it is in the log it is kept, whoever runs the operation. */
  readonly cancelRequest: PersonalRequest | null
  /** It was stuck and is tried again, and has done nothing since: it may not have got its locks back yet. */
  readonly retried: boolean
  readonly error: OperationError | null
  readonly blocked: Json
  /** Operations that hold a lock it waits for. */
  readonly waitsFor: readonly string[]
  readonly actor: string
  readonly tenant: string
  /** Process that runs it, and until when (ms since the epoch) nobody else may. */
  readonly owner: string | null
  readonly leaseUntilMs: number
  readonly fence: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** Who asked for it, and when. */
export type PersonalRequest = { readonly actor: string; readonly at: string }

export type StepRecord = {
  readonly name: string
  readonly state: StepState
  readonly output: Json
  readonly error: OperationError | null
  /** Times that `run` was begun; 0 of a failed step: its guard refused it. */
  readonly attempts: number
  /** What it last said of how far it is. */
  readonly progress: StepProgress | null
  readonly startedAt: string | null
  readonly endedAt: string | null
}
