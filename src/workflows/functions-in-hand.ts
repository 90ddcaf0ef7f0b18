/** Which open operations have a function in hand, and what of it: kept up to date by what the engine tells. */
import type { InHand } from '../inventory/in-hand.ts'
import { isTerminal } from '../saga/operation.ts'
import type { OpenOperation, Store } from '../store/store.ts'
import { heldBy, openOperations } from './open-operations.ts'
import { PROVISION } from './provision-params.ts'
import { RESTORE_VIRTUAL_FUNCTION } from './restore-virtual-function.ts'
import { RETIRE } from './retire-params.ts'

/** The first of a primary's VFs to come enables them, the last to leave disables them. */
const ENABLING: readonly string[] = [PROVISION, RESTORE_VIRTUAL_FUNCTION, RETIRE]

/** The more it may change, the earlier. */
const BY_WEIGHT: readonly InHand[] = ['all', 'vfs', 'stays']

/** Asked for every row of every list. */
export interface FunctionsInHand {
  /** The operation that holds a function, the first of several. */
  readonly holderOf: (functionId: string) => string | null
  readonly of: (functionId: string) => InHand
  readonly note: (record: OpenOperation) => void
}

export function functionsInHand(store: Store): FunctionsInHand {
  const byOperation = new Map<string, ReadonlyMap<string, InHand>>()
  function note(record: OpenOperation): void {
    if (isTerminal(record.state)) byOperation.delete(record.id)
    // What it holds never changes, and is told with each of its steps.
    else if (!byOperation.has(record.id)) byOperation.set(record.id, inHandOf(record))
  }
  for (const record of openOperations(store)) note(record)
  return {
    note,
    holderOf: (functionId) => {
      for (const [id, its] of byOperation) if (its.has(functionId)) return id
      return null
    },
    of: (functionId) => {
      const found = new Set([...byOperation.values()].map((its) => its.get(functionId)))
      return BY_WEIGHT.find((one) => found.has(one)) ?? 'nothing'
    },
  }
}

function inHandOf({ workflow, params }: OpenOperation): ReadonlyMap<string, InHand> {
  const { exclusive, shared } = heldBy(params).holds
  const ofShared = ENABLING.includes(workflow) ? 'vfs' : 'stays'
  return new Map([
    ...shared.map((id) => [id, ofShared] as const),
    ...exclusive.map((id) => [id, 'all'] as const),
  ])
}
