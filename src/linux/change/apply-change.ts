/**
 * Carries out a change: reads first, writes only when the machine is not yet as wished, and reads again afterwards, since
 * a write that succeeded may have had no effect.
 */
import type {
  ApplyContext,
  ChangeOutcome,
  FunctionChange,
  HostChange,
} from '../../host/change.ts'
import type { TraceUse } from '../counters/trace-use.ts'
import { inLaneOf, type LinuxHost } from '../in-lane.ts'
import type { LaneSession } from '../lane-session.ts'
import { changeAttachment } from './attachment.ts'
import { setOverride, unbind } from './binding.ts'
import { changeInWords, functionOf, isOfTrace } from './change-in-words.ts'
import { erase, isErase } from './erasing.ts'
import type { Fences } from './fences.ts'
import { allocatePrimaryResources, resetPrimary } from './primary-resources.ts'
import { probe } from './probe.ts'
import { createMissing, deleteOne } from './recreating.ts'
import { changeSecondary } from './secondary-state.ts'
import { resetFunction, resetFunctions, setAutoprobe, setVfCount } from './sriov.ts'

/** Safe to repeat. @throws {HostDriverError} */
export async function applyChange(
  host: LinuxHost,
  { fences, traces }: { readonly fences: Fences; readonly traces: TraceUse },
  change: HostChange,
  context: ApplyContext
): Promise<ChangeOutcome> {
  fences.pass(context)
  const { deadlineMs } = context
  if (isOfTrace(change)) return traces.apply(change, deadlineMs)
  const run = await inLaneOf(
    host,
    functionOf(change),
    changeInWords(change),
    { deadlineMs, lane: isErase(change) ? 'erase' : 'function' },
    async (session) => {
      await carryOut(host, session, change, deadlineMs)
      return session.changes
    }
  )
  return run.blocked
    ? { outcome: 'blocked', blocked: run.report }
    : { outcome: 'done', writes: run.value }
}

function carryOut(
  host: LinuxHost,
  session: LaneSession,
  change: FunctionChange,
  deadlineMs: number
): Promise<void> {
  const waiting = { clock: host.clock, withinMs: deadlineMs }
  switch (change.change) {
    case 'setAutoprobe':
      return setAutoprobe(session, change)
    case 'setVfCount':
      return setVfCount(host, session, change)
    case 'takeOffline':
    case 'assignResources':
    case 'assignBoth':
    case 'bringOnline':
    case 'bringEachOnline':
      return changeSecondary(session, change)
    case 'resetFunction':
      return resetFunction(session, change)
    case 'resetFunctions':
      return resetFunctions(session, change)
    case 'allocatePrimaryResources':
      return allocatePrimaryResources(session, change, waiting)
    case 'resetPrimary':
      return resetPrimary(session, change, waiting)
    case 'attachNamespace':
    case 'detachNamespace':
    case 'detachFromEach':
      return changeAttachment(session, change)
    case 'setOverride':
      return setOverride(session, change)
    case 'unbind':
      return unbind(session, change)
    case 'probe':
      return probe(session, change, waiting)
    case 'deleteNamespace':
      return deleteOne(session, change)
    case 'createNamespaces':
      return createMissing(session, change)
    case 'holdDisk':
    case 'writeMarkers':
    case 'formatNamespace':
    case 'overwriteNamespace':
    case 'letGoOfDisk':
      return erase(host, session, change, deadlineMs)
  }
}
