/** How a release ends: cleaned with evidence, quarantined with the reason, or freed as it is since somebody said so. */
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import type { EndContext, OperationError } from '../saga/workflow.ts'
import type { AssignmentRow } from '../store/rows.ts'
import type { StoreWrite } from '../store/store.ts'
import { assignmentEvent } from './assignment-event.ts'
import type { CleanParams, Found } from './clean-params.ts'
import { asRecorded, doubtsAbout, evidenceOfAll } from './doubts.ts'
import { NOT_CLEANED } from './release-assignment.ts'

type Recorded = NonNullable<AssignmentRow['before']>

export function cleanedOrNot(p: CleanParams, end: EndContext): readonly StoreWrite[] {
  if (p.acceptUncleaned)
    return released(p, end, [assignmentEvent(p, end, 'assignment.freed-uncleaned', {})])
  const all = evidenceOfAll(p.before, end.outputs)
  if (all === null) return quarantined(p, end, NOT_CLEANED)
  const { found, erased } = all
  const { condition } = p.before
  const evidence = assignmentEvent(p, end, 'assignment.cleaned', {
    namespaces: erased.namespaces,
    ...unreached(found),
    condition: {
      handedOver: condition ?? null,
      returned: found.condition,
      cleaned: erased.condition,
    },
    startedAt: found.at,
    endedAt: erased.at,
  })
  const doubts = doubtsAbout(p.before, all)
  return doubts.length === 0
    ? released(p, end, [evidence])
    : [evidence, ...quarantined(p, end, doubts.join('; '))]
}

function unreached({ deleted, missing, unattached }: Found) {
  return {
    ...(deleted && { deleted }),
    ...(missing && { missing }),
    ...(unattached && { unattached }),
  }
}

/**
 * Of an operation that has succeeded and leaves a doubt, so that the next release erases nothing again: by then its disks may
 * be the host's. Of one whose namespaces nobody knows there is nothing to be left out.
 */
export function keptInDoubt(
  before: Recorded,
  p: CleanParams,
  { outputs }: Pick<EndContext, 'outputs'>
): Recorded {
  const all = p.acceptUncleaned ? null : evidenceOfAll(p.before, outputs)
  if (!all || all.found.unrecorded || doubtsAbout(p.before, all).length === 0) return before
  return { ...before, cleaned: asRecorded(all) }
}

function released(
  p: CleanParams,
  end: EndContext,
  events: readonly StoreWrite[]
): readonly StoreWrite[] {
  return [
    {
      write: 'updateAssignment',
      id: p.assignmentId,
      set: { state: 'released', quarantine: null },
      at: end.at,
    },
    ...events,
    assignmentEvent(p, end, 'assignment.released', {}),
  ]
}

/** Where it stopped, and why. */
export function notCleaned(p: CleanParams, end: EndContext): readonly StoreWrite[] {
  const what = p.acceptUncleaned ? 'returning it failed half-way' : 'cleaning it failed'
  return quarantined(p, end, `${what}: ${inWords(end.error)}`)
}

const Guard = Type.Object({
  refusals: Type.Array(Type.Object({ reason: Type.String() })),
})

function inWords(error: OperationError | null): string {
  if (error === null) return 'nobody said why'
  const { message, causes, detail } = error
  const reasons = Check(Guard, detail) ? detail.refusals.map(({ reason }) => reason) : []
  return [message, ...causes, ...reasons].join(': ')
}

function quarantined(
  p: CleanParams,
  end: EndContext,
  reason: string
): readonly StoreWrite[] {
  return [
    {
      write: 'updateAssignment',
      id: p.assignmentId,
      set: { state: 'quarantined', quarantine: reason },
      at: end.at,
    },
    assignmentEvent(p, end, 'assignment.quarantined', { reason }),
  ]
}
