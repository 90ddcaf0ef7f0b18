/**
 * What was allocated to a primary and waits for a reset. No drive tells it, so it is what operations are known to have
 * done; one that is stuck may leave it so, until a later one has reset the primary.
 */
import { Check } from 'typebox/value'
import type { FlexibleResources } from '../nvme/secondary-controller.ts'
import { OPEN_STATES, type OperationRecord, type StepState } from '../saga/operation.ts'
import type { Store } from '../store/store.ts'
import { ALLOCATE_AND_RESET, RESIZE, ResizeParamsShape } from './resize-params.ts'

export interface PendingAllocations {
  /** null: none that is known. */
  readonly of: (controllerId: string) => FlexibleResources | null
  readonly note: (record: OperationRecord) => void
}

/** From the first command to the end of the reset, on either way. */
const PENDING: readonly StepState[] = ['running', 'failed', 'undoing', 'undo-failed']

export function pendingAllocations(store: Store): PendingAllocations {
  const byController = new Map<string, FlexibleResources>()
  function note({ workflow, params, steps }: OperationRecord): void {
    if (workflow !== RESIZE || !Check(ResizeParamsShape, params)) return
    const step = steps.find(({ name }) => name === ALLOCATE_AND_RESET)
    if (step === undefined || step.attempts === 0) return
    const { controllerId, wanted } = params
    if (PENDING.includes(step.state)) byController.set(controllerId, wanted)
    else byController.delete(controllerId)
  }
  for (const record of resizesOf(store)) note(record)
  return { note, of: (controllerId) => byController.get(controllerId) ?? null }
}

/** Oldest first. Those that ended well matter only where one did not. */
function resizesOf({ read }: Store): readonly OperationRecord[] {
  const unfinished = [...OPEN_STATES, 'stuck'] as const
  const left = read.operationsInOrder({ workflow: RESIZE, states: unfinished })
  const isAnyStuck = left.some(({ state }) => state === 'stuck')
  return isAnyStuck ? read.operationsInOrder({ workflow: RESIZE }) : left
}
