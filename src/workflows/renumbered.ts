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

/** The same where the step has not run. */
export function nsidAfter(
  step: typeof RECREATE | typeof FINISH,
  outputs: Outputs,
  nsid: number
): number {
  const output = outputs[step]
  if (output === undefined) return nsid
  const { renumbered } = logged(Output, output, `output of step ${step}:`)
  return renumbered.find(({ was }) => was === nsid)?.is ?? nsid
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
