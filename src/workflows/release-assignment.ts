/**
 * Version 1, for operations that an nvirt without cleaning began: takes a function back from its consumer and returns it
 * to what it was before. It ends quarantined, its last user's data still on it, unless that is accepted by name. Until
 * the end everything can be undone: the consumer has its function again.
 */
import { Type } from 'typebox'
import type { Static } from 'typebox'
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
import { Address, Before, Held, logged, nullable } from './logged-shapes.ts'
import { rebind } from './rebind.ts'
import { rescan } from './rescan.ts'
import {
  bindingFound,
  bindingNow,
  recordedTarget,
  refuseRebound,
  refuseUnrestored,
  type Recorded,
} from './return-function.ts'
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

function returning(p: ReleaseParams, before: Recorded): readonly Row[] {
  return [
    observe('record-binding', async ({ ask }) => ({
      output: await bindingFound(ask, p, before),
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
    on: ({ outputs }) => (bindingNow(outputs) === null ? null : recordedTarget(p, before)),
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
