/**
 * Takes a function back from its consumer and returns it to what it was before. The commit step will be the first
 * erase; until there is one the function ends quarantined, its last user's data still on it, unless that is accepted by
 * name. Until the end everything can be undone: the consumer has its function again.
 */
import { isDeepStrictEqual } from 'node:util'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Refusal } from '../errors.ts'
import { HostDriverError } from '../host/driver.ts'
import type { Binding as HostBinding } from '../host/query.ts'
import type { EndContext } from '../saga/workflow.ts'
import type { StoreWrite } from '../store/store.ts'
import { assignmentEvent } from './assignment-event.ts'
import { change } from './change-row.ts'
import {
  defineWorkflow,
  guard,
  observe,
  record,
  type Row,
  type Surroundings,
} from './define-workflow.ts'
import { functionLocks } from './function-locks.ts'
import { functionTarget, refuseOther, type Target } from './guards/identity.ts'
import type { Ask } from './host-session.ts'
import {
  Address,
  Before,
  Binding,
  Held,
  logged,
  nullable,
  outputOf,
} from './logged-shapes.ts'
import { rebind } from './rebind.ts'
import { rescan } from './rescan.ts'
import { untilUnused, waitForConsumer } from './wait-for-users.ts'

const Params = Type.Object({
  ...Held,
  assignmentId: Type.String(),
  functionId: Type.String(),
  fn: Address,
  group: nullable(Type.Integer()),
  /** What the assignment recorded before it touched the function. */
  before: Before,
  acceptUncleaned: Type.Boolean(),
  /** False: the function was returned already, and only waits to be freed. */
  returns: Type.Boolean(),
  /** The assignment's state, should this be undone. */
  state: Type.Union([
    Type.Literal('ready'),
    Type.Literal('restoring'),
    Type.Literal('lost'),
    Type.Literal('quarantined'),
  ]),
})

export type ReleaseParams = Static<typeof Params>

export const RELEASE = 'release-assignment'

/** Stored as the reason: an assignment quarantined for it has given its function back. */
export const NOT_CLEANED = 'not cleaned'

export function releaseAssignment(around: Surroundings) {
  return defineWorkflow<ReleaseParams>(around, {
    name: RELEASE,
    version: 1,
    params: (json) => logged(Params, json, `parameters of ${RELEASE}:`),
    locks: functionLocks,
    steps: (p) =>
      p.returns ? returning(p, p.before) : [record('accept-uncleaned', () => [])],
    onSucceeded: ended,
    onUndone: (p, end) => [
      {
        write: 'updateAssignment',
        id: p.assignmentId,
        set: { state: p.state },
        at: end.at,
      },
    ],
    onStuck: (p, end) =>
      quarantined(p, end, 'returning it failed half-way, and could not be undone'),
    onRetried: (p, { at }) => [
      {
        write: 'updateAssignment',
        id: p.assignmentId,
        // Should this be undone now, it is as it was: the reason of a quarantine before it has gone with its own.
        set: { state: 'releasing', ...(p.state === 'ready' && { quarantine: null }) },
        at,
      },
    ],
  })
}

type Recorded = Static<typeof Before>

function returning(p: ReleaseParams, before: Recorded): readonly Row[] {
  return [
    observe('record-binding', async ({ ask }) => ({
      output: await lookAt(ask, p, before),
    })),
    guard('not-rebound', async ({ ask, outputs }) =>
      bindingNow(outputs) === null ? [] : refuseRebound(ask, p, before)
    ),
    observe('check-released', async (turn) => {
      if (bindingNow(turn.outputs) !== null) await waitForConsumer(turn, p.fn)
      return {}
    }),
    restoreBinding(p, before),
    guard('verify', async ({ ask, outputs }) =>
      bindingNow(outputs) === null ? [] : refuseUnrestored(ask, p, before)
    ),
    rescan(p.hostId),
  ]
}

function restoreBinding(p: ReleaseParams, before: Recorded): Row {
  return change('restore-binding', {
    on: ({ outputs }) => (bindingNow(outputs) === null ? null : targetOf(p, before)),
    guard: async (turn) => {
      await waitForConsumer(turn, p.fn)
      return refuseRebound(turn.ask, p, before)
    },
    do: rebind(p.fn, before.binding),
    undo: (turn) => {
      const found = bindingNow(turn.outputs)
      return found === null ? [] : rebind(p.fn, found, [untilUnused(turn, p.fn)])
    },
  })
}

/** The function itself, of a VF too: what its assignment recorded. */
function targetOf({ fn }: ReleaseParams, { identity }: Recorded): Target {
  const { controller = null, pci } = identity
  return functionTarget(fn, { address: fn, controller, pci })
}

/** null: the function has gone, or its host was started again since, so that nothing of ours is left to undo. */
async function lookAt(
  ask: Ask,
  { fn }: ReleaseParams,
  { identity }: Recorded
): Promise<HostBinding | null> {
  try {
    const found = await ask({ read: 'identity', fn })
    if (found.pci.bootId !== identity.pci.bootId) return null
    return await ask({ read: 'binding', fn })
  } catch (error) {
    if (error instanceof HostDriverError && error.failure.kind === 'gone') return null
    throw error
  }
}

function bindingNow(
  outputs: Parameters<typeof outputOf>[1]
): Static<typeof Binding> | null {
  return outputOf(nullable(Binding), outputs, 'record-binding')
}

/** Only from vfio-pci, or from no driver at all, is a function taken: everything else is somebody else's doing. */
async function refuseRebound(
  ask: Ask,
  p: ReleaseParams,
  before: Recorded
): Promise<readonly Refusal[]> {
  const other = await refuseOther(ask, targetOf(p, before))
  if (other.length > 0) return other
  const { fn } = p
  const { driver } = await ask({ read: 'binding', fn })
  if (driver === null || driver === 'vfio-pci' || driver === before.binding.driver) {
    return []
  }
  return [refusal(fn, 'function-rebound', `was bound to ${driver} by somebody else`)]
}

function refusal(fn: string, check: string, what: string): Refusal {
  return {
    check,
    device: fn,
    reason: `${fn} ${what} since it was assigned`,
    remedy: `Find out who did this, and bind ${fn} to vfio-pci again.`,
  }
}

async function refuseUnrestored(
  ask: Ask,
  { fn }: ReleaseParams,
  { binding }: Recorded
): Promise<readonly Refusal[]> {
  const found = await ask({ read: 'binding', fn })
  if (isDeepStrictEqual(found, binding)) return []
  return [refusal(fn, 'binding-not-restored', `is bound to ${found.driver ?? 'no driver'}`)]
}

function ended(p: ReleaseParams, end: EndContext): readonly StoreWrite[] {
  if (!p.acceptUncleaned) return quarantined(p, end, NOT_CLEANED)
  return [
    {
      write: 'updateAssignment',
      id: p.assignmentId,
      set: { state: 'released', quarantine: null },
      at: end.at,
    },
    assignmentEvent(p, end, 'assignment.freed-uncleaned', {}),
    assignmentEvent(p, end, 'assignment.released', {}),
  ]
}

function quarantined(
  p: ReleaseParams,
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
