/** Which nsids namespaces have since they were created anew. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { CleanParams } from './clean-params.ts'
import type { Turn } from './define-workflow.ts'
import { logged, nullable } from './logged-shapes.ts'
import type { Recorded } from './placing.ts'

export const RECREATE = 'recreate'
export const FINISH = 'finish-recreating'

const Output = Type.Object({
  renumbered: Type.Array(
    Type.Object({
      was: Type.Integer(),
      is: Type.Integer(),
      nguid: nullable(Type.String()),
      eui64: nullable(Type.String()),
    })
  ),
})

export type Renumbered = Static<typeof Output>['renumbered'][number]

type Outputs = Turn['outputs']
type Reached = NonNullable<CleanParams['before']['reached']>

/** The same where the step has not run. */
export function nsidAfter(
  step: typeof RECREATE | typeof FINISH,
  outputs: Outputs,
  nsid: number
): number {
  return renumberedBy(step, outputs).find(({ was }) => was === nsid)?.is ?? nsid
}

function renumberedBy(
  step: typeof RECREATE | typeof FINISH,
  outputs: Outputs
): readonly Renumbered[] {
  const output = outputs[step]
  if (output === undefined) return []
  return logged(Output, output, `output of step ${step}:`).renumbered
}

/** Of one that the assignment had at the operation's beginning. */
export function nsidNow(outputs: Outputs, nsid: number): number {
  return nsidAfter(RECREATE, outputs, nsidAfter(FINISH, outputs, nsid))
}

/** undefined: it did not go with chosen namespaces. */
export function attachmentsNow(
  { before: { attachments } }: Pick<CleanParams, 'before'>,
  outputs: Outputs
): Recorded | undefined {
  return attachments && renumberedIn(attachments, (nsid) => nsidNow(outputs, nsid))
}

/** undefined: it is not on record. */
export function reachedNow(
  { before: { reached } }: Pick<CleanParams, 'before'>,
  outputs: Outputs
): Reached | undefined {
  if (!reached) return undefined
  const finished = reachedAfter(reached, renumberedBy(FINISH, outputs))
  return reachedAfter(finished, renumberedBy(RECREATE, outputs))
}

export function reachedAfter(
  { namespaces, allocated }: Reached,
  renumbered: readonly Renumbered[]
): Reached {
  const after = (nsid: number) => renumbered.find(({ was }) => was === nsid)
  return {
    namespaces: namespaces.map((one) => {
      const now = after(one.nsid)
      return now ? { nsid: now.is, nguid: now.nguid, eui64: now.eui64 } : one
    }),
    allocated: allocated && allocated.map((nsid) => after(nsid)?.is ?? nsid),
  }
}

export function renumberedIn(
  { given, controllers, found }: Recorded,
  now: (nsid: number) => number
): Recorded {
  return {
    given: given.map(now),
    controllers,
    found: found.map((one) => ({ ...one, nsid: now(one.nsid) })),
  }
}
