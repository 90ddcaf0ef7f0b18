/**
 * Makes a VF that somebody else brought online one of nvirt's, as it is: nothing of it changes but, where the host's
 * driver has it, that it is reserved to that driver. No commit step.
 */
import { Type } from 'typebox'
import type { Refusal } from '../errors.ts'
import { eventWrite } from '../events/events.ts'
import type { EndContext } from '../saga/workflow.ts'
import type { StoreWrite } from '../store/store.ts'
import { ADOPT, adoptParams, targetOf, type AdoptParams } from './adopt-params.ts'
import { change } from './change-row.ts'
import {
  defineWorkflow,
  guard,
  observe,
  type Done,
  type Surroundings,
} from './define-workflow.ts'
import { functionBound } from './guards/binding.ts'
import { refuseOther } from './guards/identity.ts'
import { refuseAttachedElsewhere } from './guards/namespaces.ts'
import { refuseOffline } from './guards/secondary.ts'
import type { Ask } from './host-session.ts'
import { Binding, outputOf } from './logged-shapes.ts'
import { rebind, refuseForeignBinding } from './rebind.ts'
import { rescan } from './rescan.ts'
import { primaryLock } from './restore-sriov.ts'
import { refuseInUse } from './retire-virtual-function.ts'
import { untilUnused } from './wait-for-users.ts'

export function adoptVirtualFunction(around: Surroundings) {
  return defineWorkflow<AdoptParams>(around, {
    name: ADOPT,
    version: 1,
    params: adoptParams,
    locks: ({ virtualFunctionId }) => [`function:${virtualFunctionId}`],
    steps: (p) => [
      guard('check-function', ({ ask }) => refuseAdopting(ask, p)),
      observe('record-function', ({ ask }) => recordFunction(ask, p), {
        locks: [primaryLock(p.controllerId)],
      }),
      change('reserve', {
        on: targetOf(p),
        guard: ({ ask }) => refuseAdopting(ask, p),
        do: ({ outputs }) =>
          isReserved(outputs) ? rebind(p.fn, { driver: 'nvme', override: 'nvme' }) : [],
        undo: (turn) =>
          isReserved(turn.outputs)
            ? rebind(p.fn, foundIn(turn.outputs).binding, [untilUnused(turn, p.fn)])
            : [],
      }),
      rescan(p.hostId),
    ],
    onSucceeded: adopted,
  })
}

/** Read by the request too: it serves nobody, and nobody else reaches what it reaches. */
export async function refuseAdopting(
  ask: Ask,
  p: AdoptParams
): Promise<readonly Refusal[]> {
  const { fn, cntlid, primary } = p
  const pf = primary.address
  const other = await refuseOther(ask, targetOf(p))
  if (other.length > 0) return other
  const binding = await ask({ read: 'binding', fn })
  if (binding.driver === 'vfio-pci') return [functionBound(fn, binding.driver)]
  const { nsids } = await ask({ read: 'attachments', pf, cntlid })
  const reach = { primaries: [primary], receivers: [cntlid] }
  return [
    ...(await refuseOffline(ask, pf, fn, cntlid)),
    ...refuseForeignBinding(fn, binding),
    ...(await refuseInUse(ask, fn)),
    ...(await refuseAttachedElsewhere(ask, pf, nsids, reach)),
  ]
}

const Found = Type.Object({
  vq: Type.Integer(),
  vi: Type.Integer(),
  nsids: Type.Array(Type.Integer()),
  binding: Binding,
})

async function recordFunction(ask: Ask, p: AdoptParams): Promise<Done> {
  const { fn, cntlid } = p
  const pf = p.primary.address
  const { secondaries } = await ask({ read: 'secondaries', pf })
  const held = secondaries.find((one) => one.cntlid === cntlid)?.held ?? { vq: 0, vi: 0 }
  const { nsids } = await ask({ read: 'attachments', pf, cntlid })
  const binding = await ask({ read: 'binding', fn })
  return { output: { ...held, nsids: [...nsids], binding } }
}

function foundIn(outputs: Parameters<typeof outputOf>[1]) {
  return outputOf(Found, outputs, 'record-function')
}

/** Of any other nothing is changed: whoever has bound it since keeps it when this is undone. */
function isReserved(outputs: Parameters<typeof foundIn>[0]): boolean {
  return foundIn(outputs).binding.driver === 'nvme'
}

function adopted(p: AdoptParams, end: EndContext): readonly StoreWrite[] {
  const { virtualFunctionId, controllerId, vfNumber, hostId } = p
  const { tenant, operationId, actor, at } = end
  const { vq, vi, nsids, binding } = foundIn(end.outputs)
  const driver = binding.driver === 'nvme' ? ('nvme' as const) : ('none' as const)
  const provisioned = { vq, vi, nsids, driver, tenant, operationId, at }
  return [
    { write: 'setProvisioned', virtualFunctionId, provisioned },
    eventWrite({
      type: 'virtual-function.adopted',
      hostId,
      subject: { kind: 'virtualFunction', id: virtualFunctionId },
      actor,
      tenant,
      operationId,
      detail: { controllerId, vfNumber, vq, vi, nsids, driver },
      at,
    }),
  ]
}
