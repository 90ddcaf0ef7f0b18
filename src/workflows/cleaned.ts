/** How a release ends: cleaned with evidence, quarantined with the reason, or freed as it is since somebody said so. */
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import type { EndContext, OperationError } from '../saga/workflow.ts'
import type { StoreWrite } from '../store/store.ts'
import { assignmentEvent } from './assignment-event.ts'
import {
  erasedNamespaces,
  namespacesFound,
  type CleanParams,
  type Found,
} from './clean-params.ts'
import { NOT_CLEANED } from './release-assignment.ts'

export function cleanedOrNot(p: CleanParams, end: EndContext): readonly StoreWrite[] {
  if (p.acceptUncleaned)
    return released(p, end, [assignmentEvent(p, end, 'assignment.freed-uncleaned', {})])
  const found = namespacesFound(end.outputs)
  const erased = erasedNamespaces(end.outputs)
  if (found === null || erased === null) return quarantined(p, end, NOT_CLEANED)
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
  const doubts = [...doubtsOf(found), ...changed(condition, erased.condition)]
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

/** Where what its last user had may still be. What was deleted is gone by the drive's word, and named in the evidence. */
function doubtsOf({ missing = [], unattached = [], unrecorded }: Found): readonly string[] {
  return [
    ...missing.map(
      (nsid) => `it was handed over with namespace ${nsid}, which is not found on its drive`
    ),
    ...unattached.map(
      (nsid) =>
        `namespace ${nsid} was created since hand-over, and is attached to nobody: delete it, or attach it and release the function again`
    ),
    ...(unrecorded
      ? ['which namespaces it was handed over with is not on record, and it has none']
      : []),
  ]
}

function changed(
  before: CleanParams['before']['condition'],
  { firmware }: Found['condition']
): readonly string[] {
  if (before === undefined || before.firmware === firmware) return []
  return [`its firmware was ${before.firmware} at hand-over, and is ${firmware}`]
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
