/**
 * Brings an assigned function back to its consumer: after a reboot, after its drive was pulled and came back, after
 * somebody took it from vfio-pci. What the consumer is told is found anew: address and group may be others. No commit
 * step; undone, the assignment waits for the next try, and its consumer keeps it.
 */
import type { Binding } from '../host/query.ts'
import type { EndContext } from '../saga/workflow.ts'
import type { AssignmentRow } from '../store/rows.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import { bindVfio, findHandOver, Group, othersNow } from './assign-function.ts'
import { assignParams, targetOf, type AssignParams } from './assign-params.ts'
import { assignmentEvent } from './assignment-event.ts'
import {
  defineWorkflow,
  guard,
  observe,
  refused,
  type Done,
  type Surroundings,
  type Turn,
} from './define-workflow.ts'
import { attachAgain } from './direct-attachments.ts'
import { functionLocks } from './function-locks.ts'
import { refuseAssigning } from './guards/assigning.ts'
import { refuseOther, refuseOtherDrive } from './guards/identity.ts'
import { handOver } from './hand-over.ts'
import { outputOf } from './logged-shapes.ts'
import { refuseForeignBinding } from './rebind.ts'
import { rescan } from './rescan.ts'

export const RESTORE_ASSIGNMENT = 'restore-assignment'

export function restoreAssignment(around: Surroundings) {
  return defineWorkflow<AssignParams>(around, {
    name: RESTORE_ASSIGNMENT,
    version: 1,
    params: assignParams,
    locks: functionLocks,
    steps: (p) => [
      guard('check-identity', ({ ask }) => refuseOther(ask, targetOf(p))),
      // Before anything is recorded: a function that its consumer still uses stays as it is.
      guard('not-in-use', (turn) =>
        refuseAssigning(turn.ask, turn.store, p, othersNow(turn, p))
      ),
      observe('record-binding', (turn) => recordBinding(turn, p)),
      ...(p.direct ? attachAgain(p, p.direct) : []),
      bindVfio(p),
      findHandOver(p),
      rescan(p.hostId),
    ],
    onSucceeded: restored,
    onStuck: (p, end) => quarantined(p, end),
    onRetried: (p, { at }) => [
      {
        write: 'updateAssignment',
        id: p.assignmentId,
        set: { state: 'restoring', quarantine: null },
        at,
      },
    ],
  })
}

async function recordBinding({ ask, store, at }: Turn, p: AssignParams): Promise<Done> {
  const binding = await ask({ read: 'binding', fn: p.fn })
  const identity = await ask({ read: 'identity', fn: p.fn })
  const known = store.read.assignment(null, p.assignmentId)?.before
  const refusals = [
    ...refuseForeignBinding(p.fn, binding),
    ...(known ? refuseOtherDrive(p.fn, known.identity, identity) : []),
  ]
  if (refusals.length > 0) throw refused(`recording the binding of ${p.fn}`, refusals)
  const before = {
    binding: returnsTo(store, p, { known, binding, identity }),
    identity,
    // What it was handed over with is compared, and put back, in whatever boot.
    ...(known?.condition && { condition: known.condition }),
    ...(known?.reached && { reached: known.reached }),
    // The drive keeps them.
    ...(known?.attachments && { attachments: known.attachments }),
  }
  const set = { before, state: 'restoring' as const, handOver: null }
  return {
    output: { binding, identity },
    writes: [{ write: 'updateAssignment', id: p.assignmentId, set, at }],
  }
}

type Found = Pick<NonNullable<AssignmentRow['before']>, 'binding' | 'identity'>

/**
 * What the function was before its assignment is still where it returns to. What somebody had made of a VF went with the
 * boot, and as it was provisioned it is not yet: it comes here without a driver.
 */
function returnsTo(
  { read }: Store,
  { vf, functionId }: AssignParams,
  {
    known,
    binding,
    identity,
  }: Found & { readonly known: AssignmentRow['before'] | undefined }
): Binding {
  if (known?.identity.pci.bootId === identity.pci.bootId) return known.binding
  const provisioned = vf && read.virtualFunction(functionId)?.provisioned
  if (!provisioned) return known?.binding ?? binding
  return provisioned.driver === 'nvme'
    ? { driver: 'nvme', override: 'nvme' }
    : { driver: null, override: null }
}

function restored(p: AssignParams, end: EndContext): readonly StoreWrite[] {
  const group = outputOf(Group, end.outputs, 'hand-over')
  const offer = handOver(p.fn, group.number, group.path)
  const set = { state: 'ready' as const, handOver: offer }
  return [
    { write: 'updateAssignment', id: p.assignmentId, set, at: end.at },
    assignmentEvent(p, end, 'assignment.restored', { vfioPath: offer.vfioPath }),
  ]
}

function quarantined(p: AssignParams, end: EndContext): readonly StoreWrite[] {
  const quarantine = 'bringing it back failed half-way, and could not be undone'
  const set = { state: 'quarantined' as const, quarantine }
  return [
    { write: 'updateAssignment', id: p.assignmentId, set, at: end.at },
    assignmentEvent(p, end, 'assignment.quarantined', { reason: quarantine }),
  ]
}
