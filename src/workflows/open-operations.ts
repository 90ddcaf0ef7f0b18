/** Operations that have not ended, and what each works on and holds. */
import { Type } from 'typebox'
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
