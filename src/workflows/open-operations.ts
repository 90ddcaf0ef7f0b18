/** Operations that have not ended, and the functions that each holds. */
import { Type } from 'typebox'
import { isTerminal } from '../saga/operation.ts'
import type { Json } from '../saga/workflow.ts'
import type { OpenOperation, Store } from '../store/store.ts'
import { Held, isShaped } from './logged-shapes.ts'

/** Kinds of subject that this nvirt does not know included. */
const WithSubject = Type.Object({
  subject: Type.Object({ kind: Type.String(), id: Type.String() }),
})
const WithHolds = Type.Object({ holds: Held.holds })

export type Held = Type.Static<typeof WithSubject> & Type.Static<typeof WithHolds>

/**
 * What an operation works on and holds, by its parameters. Another nvirt may have written them, for a workflow that
 * this one has no code for: of those only what is understood counts, since they must keep nobody from starting, and
 * from seeing that the operation is stuck.
 */
export function heldBy(params: Json): Held {
  return {
    subject: isShaped(WithSubject, params) ? params.subject : { kind: 'unknown', id: '' },
    holds: isShaped(WithHolds, params) ? params.holds : { exclusive: [], shared: [] },
  }
}

const WithHost = Type.Object({ hostId: Held.hostId })

/** undefined: an operation that this nvirt does not know. */
export function hostOf(params: Json): string | undefined {
  return isShaped(WithHost, params) ? params.hostId : undefined
}

export function openOperations({ read }: Store): readonly OpenOperation[] {
  return read.openOperations()
}

/** Which operation holds a function, kept up to date by what the engine tells; asked for every row of every list. */
export interface HeldFunctions {
  readonly holderOf: (functionId: string) => string | null
  readonly note: (record: OpenOperation) => void
}

export function heldFunctions(store: Store): HeldFunctions {
  const byOperation = new Map<string, readonly string[]>()
  function note({ id, state, params }: OpenOperation): void {
    if (isTerminal(state)) {
      byOperation.delete(id)
      return
    }
    const { exclusive, shared } = heldBy(params).holds
    byOperation.set(id, [...exclusive, ...shared])
  }
  for (const record of openOperations(store)) note(record)
  return {
    note,
    holderOf: (functionId) => {
      for (const [id, functions] of byOperation)
        if (functions.includes(functionId)) return id
      return null
    },
  }
}
