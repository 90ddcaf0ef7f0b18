/**
 * Takes a function back from its consumer, erases what it had, and returns it to what it was before. Until the first
 * marker is written everything can be undone: the consumer has its function again, its data untouched. From then on it
 * only goes forward, and ends quarantined where it cannot be told that everything is gone.
 */
import type { EndContext } from '../saga/workflow.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import { change } from './change-row.ts'
import { cleanParams, cleaner, type CleanParams } from './clean-params.ts'
import { cleanedOrNot, keptInDoubt, notCleaned } from './cleaned.ts'
import {
  defineWorkflow,
  guard,
  observe,
  record,
  type Row,
  type Surroundings,
  type Turn,
} from './define-workflow.ts'
import { eraseNamespaces, writeMarkers } from './erase-namespaces.ts'
import { erasedSoFar, type ErasedSoFar } from './erased-so-far.ts'
import { fetchNamespaces, recordNamespaces } from './fetch-namespaces.ts'
import { functionLocks } from './function-locks.ts'
import { refuseUsedThrough } from './guards/usage.ts'
import { rebind } from './rebind.ts'
import { RELEASE } from './release-assignment.ts'
import { lookAtRecreated } from './look-at-recreated.ts'
import { finishRecreating, recreateNamespaces } from './recreate-namespaces.ts'
import { keptAsReturned, returnAttachments } from './return-attachments.ts'
import { rescan } from './rescan.ts'
import {
  bindingFound,
  bindingNow,
  RECORD_BINDING,
  recordedTarget,
  refuseRebound,
  refuseUnrestored,
} from './return-function.ts'
import { returnNamespaces, returnUncleaned } from './return-namespaces.ts'
import { bindingToHave } from './serving-vf.ts'
import { untilUnused, waitForConsumer } from './wait-for-users.ts'

export function releaseAndClean(around: Surroundings) {
  const soFar = erasedSoFar()
  return defineWorkflow<CleanParams>(around, {
    name: RELEASE,
    version: 2,
    params: cleanParams,
    locks: functionLocks,
    steps: (p) => {
      if (!p.returns) return [record('accept-uncleaned', () => [])]
      const rows = p.acceptUncleaned ? [returnUncleaned(p)] : cleaning(p, around, soFar)
      return [...takingBack(p), ...rows, ...restoring(p)]
    },
    onSucceeded: (p, end) => [...cleanedOrNot(p, end), ...keptWrites(around.store, p, end)],
    onUndone: (p, end) => [
      {
        write: 'updateAssignment',
        id: p.assignmentId,
        set: { state: p.state },
        at: end.at,
      },
    ],
    onStuck: notCleaned,
    onRetried: (p, { at }) => [
      {
        write: 'updateAssignment',
        id: p.assignmentId,
        // Should this be undone now, it is as it was: the reason of a quarantine before it has gone with its own.
        set: {
          state: 'releasing',
          ...(p.state !== 'quarantined' && { quarantine: null }),
        },
        at,
      },
    ],
  })
}

function keptWrites(
  { read }: Store,
  p: CleanParams,
  end: EndContext
): readonly StoreWrite[] {
  const before = read.assignment(null, p.assignmentId)?.before
  if (!before) return []
  const kept = keptInDoubt(keptAsReturned(before, end), p, end)
  const set = { before: kept }
  return kept === before
    ? []
    : [{ write: 'updateAssignment', id: p.assignmentId, set, at: end.at }]
}

function takingBack(p: CleanParams): readonly Row[] {
  return [
    observe(RECORD_BINDING, async ({ ask }) => ({
      output: await bindingFound(ask, p, p.before),
    })),
    guard('not-rebound', async (turn) => (isHere(turn) ? refuseTaken(turn, p) : [])),
    observe('check-released', async (turn) => {
      if (isHere(turn)) await waitForConsumer(turn, p.fn)
      return {}
    }),
  ]
}

function isHere({ outputs }: Turn): boolean {
  return bindingNow(outputs) !== null
}

/** What an operation before this one left half-way is on the driver by which it was to be cleaned. */
function refuseTaken({ ask }: Turn, p: CleanParams) {
  const left = p.state === 'quarantined' && p.vf === null ? ['nvme'] : []
  return refuseRebound(ask, p, p.before, left)
}

function cleaning(
  p: CleanParams,
  around: Surroundings,
  soFar: ErasedSoFar
): readonly Row[] {
  const { recreating, cleaned } = p.before
  // They may have been somebody's since a former release put the first of them back: only the rest of that is left.
  if (cleaned && !p.again) return []
  if (p.again === 'look') return [...(p.vf ? [] : [takeBack(p)]), recordNamespaces(p)]
  return [
    takeBack(p),
    ...(p.vf ? [resetFunction(p)] : []),
    ...(recreating ? [finishRecreating(p, recreating)] : []),
    recordNamespaces(p),
    fetchNamespaces(p),
    record('begin-cleaning', ({ at }) => [
      { write: 'updateAssignment', id: p.assignmentId, set: { state: 'cleaning' }, at },
    ]),
    // With what a former release left to be created again, there is no way back from there already.
    { ...writeMarkers(p), commit: !recreating },
    ...(p.cleaning ? recreateNamespaces(p) : []),
    p.cleaning ? lookAtRecreated(p, around) : eraseNamespaces(p, around, soFar),
    returnNamespaces(p),
  ]
}

/** A VF is erased through its primary, and is nobody's meanwhile; a controller by the host's own driver. */
function takeBack(p: CleanParams): Row {
  const wanted = p.vf
    ? { driver: null, override: 'none' }
    : { driver: 'nvme', override: 'nvme' }
  return change('take-back', {
    on: (turn) => (isHere(turn) ? recordedTarget(p, p.before) : null),
    guard: async (turn) => {
      await waitForConsumer(turn, p.fn)
      const refusals = await refuseTaken(turn, p)
      return refusals.length > 0 || p.vf === null ? refusals : refuseUsedByHost(turn, p)
    },
    do: rebind(p.fn, wanted),
    undo: (turn) => {
      const found = bindingNow(turn.outputs)
      return found === null ? [] : rebind(p.fn, found, [untilUnused(turn, p.fn)])
    },
  })
}

async function refuseUsedByHost({ ask }: Turn, { fn }: CleanParams) {
  const { driver } = await ask({ read: 'binding', fn })
  return driver === 'nvme' ? refuseUsedThrough(ask, fn) : []
}

/** What the consumer left in its controller: features, queues, doorbell buffers. */
function resetFunction(p: CleanParams): Row {
  return change('reset-function', {
    on: (turn) => (isHere(turn) ? recordedTarget(p, p.before) : null),
    do: [{ change: 'resetFunction', fn: p.fn, pf: cleaner(p) }],
  })
}

function restoring(p: CleanParams): readonly Row[] {
  return [
    restoreBinding(p),
    // Last: what nvme has again reaches its namespaces before others let go of them.
    ...(p.direct ? returnAttachments(p, p.direct) : []),
    guard('verify', async (turn) => {
      if (!isHere(turn)) return []
      return refuseUnrestored(turn.ask, p, { binding: await bindingToHave(turn.ask, p) })
    }),
    rescan(p.hostId),
  ]
}

function restoreBinding(p: CleanParams): Row {
  const ours = p.vf ? [] : ['nvme']
  return change('restore-binding', {
    on: (turn) => (isHere(turn) ? recordedTarget(p, p.before) : null),
    guard: async (turn) => {
      await waitForConsumer(turn, p.fn)
      return refuseRebound(turn.ask, p, p.before, ours)
    },
    do: (turn) => [
      {
        look: async (ask) =>
          rebind(p.fn, await bindingToHave(ask, p), [untilUnused(turn, p.fn)]),
      },
    ],
    undo: (turn) => {
      const found = bindingNow(turn.outputs)
      return found === null ? [] : rebind(p.fn, found, [untilUnused(turn, p.fn)])
    },
  })
}
