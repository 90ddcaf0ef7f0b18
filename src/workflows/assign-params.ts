/** What an operation that assigns a function was asked for, as it is logged. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { TENANT_REACH } from '../nvme/tenant-reach.ts'
import type { Json } from '../saga/workflow.ts'
import { functionTarget, type Target } from './guards/identity.ts'
import { Address, ExpectedController, Held, logged, nullable } from './logged-shapes.ts'

const Params = Type.Object({
  ...Held,
  assignmentId: Type.String(),
  functionId: Type.String(),
  fn: Address,
  /** IOMMU group when it was last seen: locked with the function. */
  group: nullable(Type.Integer()),
  /** The controller, of a VF its primary. */
  controller: ExpectedController,
  vf: nullable(Type.Object({ vfNumber: Type.Integer(), cntlid: Type.Integer() })),
  canHaveVfs: Type.Boolean(),
  /** Namespaces that the consumer will reach, as last seen, and a function through which the host reaches them. */
  nsids: Type.Array(Type.Integer()),
  witness: Address,
  /** Checks that are not to refuse. The first nvirt logged none, and a restored assignment was accepted before. */
  accept: Type.Optional(Type.Array(Type.String())),
  /** What is known of the VF for when it cannot be asked itself; null: nothing. */
  reach: Type.Optional(nullable(Type.Array(Type.Enum([...TENANT_REACH])))),
})

export type AssignParams = Static<typeof Params>

export const ASSIGN = 'assign-function'

export function assignParams(json: Json): AssignParams {
  return logged(Params, json, `parameters of ${ASSIGN}:`)
}

export function targetOf({ fn, vf, controller }: AssignParams): Target {
  return functionTarget(fn, controller, vf?.vfNumber ?? null)
}
