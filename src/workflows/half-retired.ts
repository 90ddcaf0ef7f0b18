/** A VF that could not be retired to the end: quarantined with the reason, until it is retired again. */
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import { eventWrite } from '../events/events.ts'
import type { EndContext, OperationError } from '../saga/workflow.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import { nullable, outputOf, Provisioned } from './logged-shapes.ts'
import type { RetireParams } from './retire-params.ts'

/** The step that takes what it was provisioned as from its row, and logs it. The first nvirt did not log it. */
export const RETURN_TO_POOL = 'return-to-pool'
export const TAKE_OFFLINE = 'take-offline'

const Returned = nullable(Type.Object({ provisioned: nullable(Provisioned) }))

const OFFLINE = { offline: true } as const

/** It is as provisioned no more, and not in the pool: nobody gets it until it is retired again. */
export function halfRetired(
  { read }: Store,
  p: RetireParams,
  end: EndContext
): readonly StoreWrite[] {
  const { virtualFunctionId } = p
  const reason = `it could not be retired: ${inWords(end.error)}`
  const provisioned =
    read.virtualFunction(virtualFunctionId)?.provisioned ??
    outputOf(Returned, end.outputs, RETURN_TO_POOL)?.provisioned
  const now = { quarantine: reason, ...(TAKE_OFFLINE in end.outputs && OFFLINE) }
  return [
    ...(provisioned
      ? [
          {
            write: 'setProvisioned' as const,
            virtualFunctionId,
            provisioned: { ...provisioned, ...now },
          },
        ]
      : []),
    retirementEvent(p, end, 'virtual-function.quarantined', { reason }),
  ]
}

/** As it stood when it stuck: in the pool, where it had been returned, and else as provisioned. */
export function retiringAgain(
  { read }: Store,
  { virtualFunctionId }: RetireParams,
  { outputs }: EndContext
): readonly StoreWrite[] {
  const row = read.virtualFunction(virtualFunctionId)
  if (!row?.provisioned) return []
  const { quarantine: _, ...as } = row.provisioned
  const provisioned = RETURN_TO_POOL in outputs ? null : as
  return [{ write: 'setProvisioned', virtualFunctionId, provisioned }]
}

const Guard = Type.Object({
  refusals: Type.Array(Type.Object({ reason: Type.String() })),
})

/** Shared with declared/. */
export function inWords(error: OperationError | null): string {
  if (error === null) return 'nobody said why'
  const { message, causes, detail } = error
  const reasons = Check(Guard, detail) ? detail.refusals.map(({ reason }) => reason) : []
  return [message, ...causes, ...reasons].join(': ')
}

type Told = Pick<EndContext, 'actor' | 'tenant' | 'operationId' | 'at'>

export function retirementEvent(
  { hostId, virtualFunctionId, controllerId, vfNumber }: RetireParams,
  { actor, tenant, operationId, at }: Told,
  type: 'virtual-function.retired' | 'virtual-function.quarantined',
  detail: { readonly reason?: string }
): StoreWrite {
  return eventWrite({
    type,
    hostId,
    subject: { kind: 'virtualFunction', id: virtualFunctionId },
    actor,
    tenant,
    operationId,
    detail: { controllerId, vfNumber, ...detail },
    at,
  })
}
