/**
 * Hands a VF or a whole controller to a consumer. No commit step: until `ready` everything can be undone.
 *
 * `record-binding` only observes. It is a step of its own because `bind-vfio` must be safe to run twice: a second run
 * that looked for itself would see vfio-pci, and undo to that.
 */
import { Type } from 'typebox'
import type { EndContext } from '../saga/workflow.ts'
import type { AssignmentState } from '../store/rows.ts'
import type { StoreWrite } from '../store/store.ts'
import {
  ASSIGN,
  assignParams,
  targetOf,
  VERSION,
  type AssignParams,
} from './assign-params.ts'
import { assignmentEvent } from './assignment-event.ts'
import { change } from './change-row.ts'
import { directAttachments } from './direct-attachments.ts'
import {
  defineWorkflow,
  guard,
  observe,
  refused,
  type Row,
  type Surroundings,
  type Turn,
} from './define-workflow.ts'
import { functionLocks } from './function-locks.ts'
import { isOfAnother } from './group-claims.ts'
import { refuseAssigning, refuseHandingOver } from './guards/assigning.ts'
import { refuseOther } from './guards/identity.ts'
import { handOver } from './hand-over.ts'
import { conditionOf } from './drive-condition.ts'
import { Before, outputOf } from './logged-shapes.ts'
import { reachedBy } from './reached.ts'
import { rebind, refuseForeignBinding } from './rebind.ts'
import { rescan } from './rescan.ts'
import { untilUnused } from './wait-for-users.ts'

export function assignFunction(around: Surroundings) {
  return defineWorkflow<AssignParams>(around, {
    name: ASSIGN,
    version: VERSION,
    params: assignParams,
    locks: functionLocks,
    steps: (p) => [
      guard('check-identity', ({ ask }) => refuseOther(ask, targetOf(p))),
      observe('record-binding', (turn) => recordBinding(turn, p)),
      guard('not-in-use', (turn) =>
        refuseAssigning(turn.ask, turn.store, p, othersNow(turn, p))
      ),
      ...(p.direct ? directAttachments(p, p.direct) : []),
      bindVfio(p),
      findHandOver(p),
      rescan(p.hostId),
    ],
    onSucceeded: ready,
    onUndone: (p, end) => ended(p, end, 'failed', null),
    onStuck: (p, end) =>
      ended(p, end, 'quarantined', 'assigning it failed half-way, and could not be undone'),
    onRetried: (p, { at }) => [
      {
        write: 'updateAssignment',
        id: p.assignmentId,
        set: { state: 'preparing', quarantine: null },
        at,
      },
    ],
  })
}

/** Shared with restore-assignment.ts. Whoever only waits for the group, which this operation holds, will find it taken. */
export function othersNow({ store }: Turn, { hostId, assignmentId }: AssignParams) {
  const claimant = store.read.assignment(null, assignmentId) ?? null
  return isOfAnother(store, { hostId, claimant, requested: 'wait' })
}

export function bindVfio(p: AssignParams): Row {
  return change('bind-vfio', {
    on: targetOf(p),
    guard: (turn) => refuseHandingOver(turn.ask, turn.store, p, othersNow(turn, p)),
    do: rebind(p.fn, { driver: 'vfio-pci', override: 'vfio-pci' }),
    undo: (turn) => {
      const { binding } = outputOf(Before, turn.outputs, 'record-binding')
      return rebind(p.fn, binding, [untilUnused(turn, p.fn)])
    },
  })
}

async function recordBinding(turn: Turn, p: AssignParams) {
  const { ask, at } = turn
  const condition = await conditionOf(ask, p.controller.address)
  const reached = p.vf ? undefined : await reachedBy(turn, p)
  const before = {
    binding: await ask({ read: 'binding', fn: p.fn }),
    identity: await ask({ read: 'identity', fn: p.fn }),
    ...(condition && { condition }),
    ...(reached && { reached }),
  }
  const foreign = refuseForeignBinding(p.fn, before.binding)
  if (foreign.length > 0) throw refused(`recording the binding of ${p.fn}`, foreign)
  const set = { before, state: 'preparing' as const }
  const write = { write: 'updateAssignment' as const, id: p.assignmentId, set, at }
  return { output: before, writes: [write] }
}

export const Group = Type.Object({ number: Type.Integer(), path: Type.String() })

export function findHandOver({ fn }: AssignParams): Row {
  return observe('hand-over', async ({ ask }) => {
    const { group } = await ask({ read: 'group', fn })
    const { path, viable } = await ask({ read: 'vfioGroup', fn })
    if (group === null || !viable) {
      throw new Error(`VFIO could not own the IOMMU group of ${fn}`)
    }
    return { output: { number: group.number, path } }
  })
}

function ready(p: AssignParams, end: EndContext): readonly StoreWrite[] {
  const group = outputOf(Group, end.outputs, 'hand-over')
  const offer = handOver(p.fn, group.number, group.path)
  return [
    {
      write: 'updateAssignment',
      id: p.assignmentId,
      set: { state: 'ready', handOver: offer },
      at: end.at,
    },
    assignmentEvent(p, end, 'assignment.ready', {
      vfioPath: offer.vfioPath,
      ...(p.accept && p.accept.length > 0 && { accepted: p.accept }),
    }),
  ]
}

function ended(
  p: AssignParams,
  end: EndContext,
  state: Extract<AssignmentState, 'failed' | 'quarantined'>,
  quarantine: string | null
): readonly StoreWrite[] {
  return [
    {
      write: 'updateAssignment',
      id: p.assignmentId,
      set: { state, quarantine },
      at: end.at,
    },
    assignmentEvent(p, end, `assignment.${state}`, {
      reason: quarantine ?? end.error?.message ?? null,
    }),
  ]
}
