/** An operation as callers see it: without what only the engine needs. */
import { isTerminal, type OperationRecord, type StepRecord } from '../saga/operation.ts'
import { allowedOf } from './allowed-from.ts'
import { heldBy } from './open-operations.ts'
import type { CancelView, OperationProgress, OperationView } from './workflows.ts'

export function operationView(record: OperationRecord): OperationView {
  const { owner: _owner, leaseUntilMs: _lease, fence: _fence, ...rest } = record
  const { retried: _retried, ...shown } = rest
  return {
    ...shown,
    subject: heldBy(record.params).subject,
    progress: progressOf(record),
    cancelRequest: cancelOf(record),
    allowed: allowedOf(record),
  }
}

function progressOf({ state, steps }: OperationRecord): OperationProgress {
  const stepsDone = steps.filter((step) => step.state === 'done').length
  const stepsTotal = steps.length
  const isWhole = state === 'succeeded' || stepsTotal === 0
  const done = stepsDone + steps.reduce((sum, step) => sum + partOf(step), 0)
  return { stepsDone, stepsTotal, fraction: isWhole ? 1 : done / stepsTotal }
}

/** Of the step that runs, as it says itself: 0 to 1. */
function partOf({ state, progress }: StepRecord): number {
  if (state !== 'running' || !progress || progress.total <= 0) return 0
  return Math.min(1, Math.max(0, progress.done / progress.total))
}

/** What is blocked is not left before its kernel call has come back, since that may yet take effect. */
function cancelOf({ cancelRequest, state, error }: OperationRecord): CancelView | null {
  if (!cancelRequest) return null
  if (isTerminal(state)) return { ...cancelRequest, waitsFor: null }
  if (state === 'blocked') return { ...cancelRequest, waitsFor: 'blocked-call' }
  return { ...cancelRequest, waitsFor: error === null ? 'running-step' : 'undo' }
}
