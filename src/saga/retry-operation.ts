/** A stuck operation goes on from where it stuck. Pure. */
import type { LogEntry } from './log.ts'
import type { OperationRecord, PersonalRequest, StepState } from './operation.ts'

/** Somebody must still be able to run it. */
export class CannotRun extends Error {
  constructor(operationId: string, cause: Error) {
    super(`operation ${operationId} cannot be run: ${cause.message}`, { cause })
    this.name = 'CannotRun'
  }
}

export type Reopening = {
  readonly request: PersonalRequest
  readonly owner: string
  readonly leaseUntilMs: number
}

/** Its error stays while it goes back, since that is what it goes back for. */
export function retryEntry(record: OperationRecord, { request, ...lease }: Reopening) {
  const back = wentBack(record)
  return {
    operationId: record.id,
    fence: record.fence + 1,
    at: request.at,
    ...lease,
    retry: request,
    state: back ? 'undoing' : 'running',
    error: back ? record.error : null,
    blocked: null,
    waitsFor: [],
  } as const satisfies LogEntry
}

const LEFT_ON_THE_WAY_BACK: readonly StepState[] = [
  'failed',
  'undoing',
  'undone',
  'undo-failed',
]

/** One that was stuck for want of its code may have been on either way: its error does not tell. */
function wentBack({ committed, cancelRequest, steps }: OperationRecord): boolean {
  if (committed) return false
  return (
    cancelRequest !== null ||
    steps.some(({ state }) => LEFT_ON_THE_WAY_BACK.includes(state))
  )
}
