/** An operation as callers see it: without what only the engine needs. */
import type { OperationRecord } from '../saga/operation.ts'
import { heldBy } from './open-operations.ts'
import type { OperationView } from './workflows.ts'

export function operationView(record: OperationRecord): OperationView {
  const { owner: _owner, leaseUntilMs: _lease, fence: _fence, ...shown } = record
  return {
    ...shown,
    subject: heldBy(record.params).subject,
    progress: progressOf(record),
  }
}

function progressOf({ state, steps }: OperationRecord): number {
  if (state === 'succeeded' || steps.length === 0) return 1
  return steps.filter((step) => step.state === 'done').length / steps.length
}
