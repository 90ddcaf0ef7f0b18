/**
 * Makes a provisioned VF what it was provisioned as again: after a reboot, after a reset of its primary took its queues
 * away, after somebody bound it or moved its namespaces. The rows are provisioning's. A VF that anybody uses is not
 * touched: whoever has it open has to let go first. No commit step: until the end everything can be undone.
 */
import { Type, type Static } from 'typebox'
import { eventWrite } from '../events/events.ts'
import { isOfConsumer } from '../inventory/drift/binding-drift.ts'
import { predictVfAddress, type PciAddress } from '../nvme/pci-address.ts'
import type { EndContext } from '../saga/workflow.ts'
import type { StoreWrite } from '../store/store.ts'
import { change } from './change-row.ts'
import {
  defineWorkflow,
  guard,
  observe,
  refused,
  type Row,
  type Surroundings,
  type Turn,
} from './define-workflow.ts'
import { takenBackWrites } from './fetched.ts'
import { groupLock } from './function-locks.ts'
import { driveTarget, functionTarget, refuseOther } from './guards/identity.ts'
import { Address, Binding, logged, outputOf } from './logged-shapes.ts'
import { look } from './moves.ts'
import { ProvisionFields, type Wanted } from './provision-params.ts'
import { enableVfs } from './provision-virtual-functions.ts'
import { rebind, refuseForeignBinding } from './rebind.ts'
import { RECORD_VFS, recordVfs } from './record-vfs.ts'
import { rescan } from './rescan.ts'
import { recordSriov } from './restore-sriov.ts'
import { refuseInUse } from './retire-virtual-function.ts'
import { namespaceSteps, resourceSteps } from './virtual-function-steps.ts'
import { untilUnused } from './wait-for-users.ts'

const Params = Type.Object({
  ...ProvisionFields,
  /** It is online with what it was given: only namespaces or the driver differ. */
  isServing: Type.Boolean(),
})

export type RestoreParams = Static<typeof Params>

export const RESTORE_VIRTUAL_FUNCTION = 'restore-virtual-function'

export function restoreVirtualFunction(around: Surroundings) {
  return defineWorkflow<RestoreParams>(around, {
    name: RESTORE_VIRTUAL_FUNCTION,
    version: 1,
    params: (json) => logged(Params, json, `parameters of ${RESTORE_VIRTUAL_FUNCTION}:`),
    locks: locksOf,
    steps: (p) => [
      guard('check-primary', ({ ask }) => refuseOther(ask, driveTarget(p.primary))),
      recordSriov(p),
      enableVfs(p),
      ...p.virtualFunctions.flatMap((vf) => letGo(p, vf)),
      observe(RECORD_VFS, (turn) => recordVfs(turn, p)),
      ...p.virtualFunctions.flatMap((vf) => [
        ...(p.isServing ? [] : resourceSteps(p, vf)),
        ...namespaceSteps(p, vf),
      ]),
      rescan(p.hostId),
    ],
    onSucceeded: (p, end) => [
      ...restored(p, end),
      ...p.virtualFunctions.flatMap(({ id }) => takenBackWrites(around.store, id)),
      ...takenFromConsumers(around, p, end),
      ...broughtBack(around, p),
    ],
  })
}

function locksOf(p: RestoreParams): readonly string[] {
  const groups = p.groups ?? []
  return [
    ...p.virtualFunctions.map(({ id }) => `function:${id}`),
    ...groups.map((group) => groupLock(p.hostId, group)),
  ]
}

const RECORD_BINDING = 'record-binding'

const Bound = Type.Object({ fn: Address, binding: Binding })

/** From whoever's driver has it, unless it is used. */
function letGo(p: RestoreParams, { vfNumber }: Wanted): readonly Row[] {
  const bound = ({ outputs }: Turn) => outputOf(Bound, outputs, RECORD_BINDING)
  return [
    observe(RECORD_BINDING, async ({ ask }) => {
      const fn = await addressOf({ ask }, p.primary.address, vfNumber)
      const binding = await ask({ read: 'binding', fn })
      const foreign = refuseForeignBinding(fn, binding)
      if (foreign.length > 0) throw refused(`recording the binding of ${fn}`, foreign)
      return { output: { fn, binding } }
    }),
    guard('not-in-use', (turn) => refuseInUse(turn.ask, bound(turn).fn)),
    change('let-go', {
      on: (turn) => functionTarget(bound(turn).fn, p.primary, vfNumber),
      guard: (turn) => refuseInUse(turn.ask, bound(turn).fn),
      do: (turn) => {
        const { fn } = bound(turn)
        return [
          look({ read: 'binding', fn }, ({ driver }) =>
            driver === null ? [] : [{ change: 'unbind', fn }]
          ),
        ]
      },
      undo: (turn) => {
        const { fn, binding } = bound(turn)
        return rebind(fn, binding, [untilUnused(turn, fn)])
      },
    }),
  ]
}

async function addressOf(
  { ask }: Pick<Turn, 'ask'>,
  pf: PciAddress,
  vfNumber: number
): Promise<PciAddress> {
  const { offset, stride } = await ask({ read: 'sriov', pf })
  return predictVfAddress(pf, vfNumber - 1, offset, stride)
}

/** It was taken from vfio-pci to be restored, and its consumer is to have it again: the caretaker goes on with that. */
function takenFromConsumers(
  { store }: Surroundings,
  { virtualFunctions }: RestoreParams,
  { at }: EndContext
): readonly StoreWrite[] {
  return virtualFunctions.flatMap(({ id }) => {
    const assignment = store.read.standingAssignment(id)
    if (assignment?.state !== 'ready') return []
    const set = { state: 'restoring' as const, handOver: null }
    return [{ write: 'updateAssignment' as const, id: assignment.id, set, at }]
  })
}

/** What somebody changes of it from here on is drift. One that is its consumer's is not back until that has it. */
function broughtBack(
  { store }: Surroundings,
  { controllerId, virtualFunctions }: RestoreParams
): readonly StoreWrite[] {
  return virtualFunctions
    .filter(({ id }) => !isOfConsumer(store.read.standingAssignment(id)))
    .map(({ vfNumber }) => ({ write: 'forgetTakenVf', controllerId, vfNumber }))
}

function restored(p: RestoreParams, end: EndContext): readonly StoreWrite[] {
  return p.virtualFunctions.map(({ id, vfNumber }) =>
    eventWrite({
      type: 'virtual-function.restored',
      hostId: p.hostId,
      subject: { kind: 'virtualFunction', id },
      actor: end.actor,
      tenant: end.tenant,
      operationId: end.operationId,
      detail: { controllerId: p.controllerId, vfNumber },
      at: end.at,
    })
  )
}
