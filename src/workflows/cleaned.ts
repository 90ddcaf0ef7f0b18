/** How a release ends: cleaned with evidence, quarantined with the reason, or freed as it is since somebody said so. */
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import type { EndContext, OperationError } from '../saga/workflow.ts'
import type { StoreWrite } from '../store/store.ts'
import { assignmentEvent } from './assignment-event.ts'
import { erasedNamespaces, namespacesFound, type CleanParams } from './clean-params.ts'
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
    condition: {
      handedOver: condition ?? null,
      returned: found.condition,
      cleaned: erased.condition,
    },
    startedAt: found.at,
    endedAt: erased.at,
  })
  if (condition === undefined || condition.firmware === erased.condition.firmware)
    return released(p, end, [evidence])
  const changed = `its firmware was ${condition.firmware} at hand-over, and is ${erased.condition.firmware}`
  return [evidence, ...quarantined(p, end, changed)]
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
