/**
 * Gives a primary flexible VQ and VI of its own, or makes it give them up: allocated, and in force after a reset of its
 * function. Without it a drive whose primary is delivered with everything can have no VF.
 *
 * No commit step: until the end everything can be undone, since what it had before can be allocated again, and a reset
 * that finds nothing to put in force is not written. The reset interrupts I/O through the primary for a moment, and would
 * take every secondary down: what is in use is refused, and on the way back waited for.
 * Source: NVMe Base 2.1, "Virtualization Enhancements" (Primary Controller Flexible Allocation is in force from the next
 * reset other than a Controller Reset).
 */
import { Type } from 'typebox'
import { eventWrite } from '../events/events.ts'
import type { EndContext } from '../saga/workflow.ts'
import type { StoreWrite } from '../store/store.ts'
import { isFlexible } from '../nvme/primary-budget.ts'
import type { FlexibleResources } from '../nvme/secondary-controller.ts'
import { change } from './change-row.ts'
import {
  defineWorkflow,
  guard,
  observe,
  type Done,
  type Row,
  type Surroundings,
  type Turn,
} from './define-workflow.ts'
import { driveTarget } from './guards/identity.ts'
import { refuseResetting, refuseResizing } from './guards/resizing.ts'
import { outputOf } from './logged-shapes.ts'
import { look, type Look, type Move } from './moves.ts'
import {
  ALLOCATE_AND_RESET,
  RESIZE,
  resizeParams,
  type ResizeParams,
} from './resize-params.ts'
import { rescan } from './rescan.ts'
import { primaryLock } from './restore-sriov.ts'
import { waitUnless } from './wait-for-users.ts'

export function resizePrimary(around: Surroundings) {
  return defineWorkflow<ResizeParams>(around, {
    name: RESIZE,
    version: 1,
    params: resizeParams,
    locks: ({ controllerId }) => [`function:${controllerId}`],
    steps: (p) => [
      guard('check-request', ({ ask, store }) => refuseResizing(ask, store, p)),
      observe(RECORD_PRIMARY, (turn) => recordPrimary(turn, p)),
      allocateAndReset(p),
      rescan(p.hostId),
    ],
    onSucceeded: resized,
  })
}

const RECORD_PRIMARY = 'record-primary'
const KINDS = ['vq', 'vi'] as const

const Found = Type.Object({
  vq: Type.Integer(),
  vi: Type.Integer(),
  /** Kinds that can be moved at all. */
  flexible: Type.Array(Type.Union([Type.Literal('vq'), Type.Literal('vi')])),
})

/** What is in force: what somebody else allocated, and no reset has put in force, cannot be read. */
async function recordPrimary({ ask }: Turn, { primary }: ResizeParams): Promise<Done> {
  const pools = await ask({ read: 'primary', pf: primary.address })
  const flexible = KINDS.filter((kind) => isFlexible(pools[kind]))
  return { output: { vq: pools.vq.primary, vi: pools.vi.primary, flexible } }
}

function allocateAndReset(p: ResizeParams): Row {
  return change(ALLOCATE_AND_RESET, {
    on: driveTarget(p.primary),
    locks: [primaryLock(p.controllerId)],
    guard: ({ ask, store }) => refuseResizing(ask, store, p),
    do: (turn) => moves(p, turn, p.wanted),
    undo: (turn) => moves(p, turn, foundIn(turn.outputs), [untilResettable(p, turn)]),
  })
}

function moves(
  { primary }: ResizeParams,
  { outputs }: Turn,
  { vq, vi }: FlexibleResources,
  beforeReset: readonly Move[] = []
): readonly Move[] {
  const pf = primary.address
  const expected = { vq, vi }
  const isInForce = (own: FlexibleResources) => own.vq === vq && own.vi === vi
  return [
    ...foundIn(outputs).flexible.map((resource) => {
      const count = expected[resource]
      return { change: 'allocatePrimaryResources', pf, resource, count } as const
    }),
    look({ read: 'primary', pf }, (now) =>
      isInForce({ vq: now.vq.primary, vi: now.vi.primary }) ? [] : beforeReset
    ),
    { change: 'resetPrimary', pf, expected },
  ]
}

/** For the way back: nobody can refuse it, so it waits until nothing would be taken down. */
function untilResettable(p: ResizeParams, turn: Turn): Look {
  return {
    look: async (ask) => {
      const refusals = await refuseResetting(ask, turn.store, p)
      waitUnless(refusals, turn, `reset ${p.primary.address}`)
      return []
    },
  }
}

function foundIn(outputs: Turn['outputs']) {
  return outputOf(Found, outputs, RECORD_PRIMARY)
}

function resized(p: ResizeParams, end: EndContext): readonly StoreWrite[] {
  const before = foundIn(end.outputs)
  return [
    eventWrite({
      type: 'controller.primary-resized',
      hostId: p.hostId,
      subject: { kind: 'controller', id: p.controllerId },
      actor: end.actor,
      tenant: end.tenant,
      operationId: end.operationId,
      detail: { vqBefore: before.vq, viBefore: before.vi, ...p.wanted },
      at: end.at,
    }),
  ]
}
