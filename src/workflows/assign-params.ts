/** What an operation that assigns a function was asked for, as it is logged. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { TENANT_REACH } from '../nvme/tenant-reach.ts'
import type { OperationRecord } from '../saga/operation.ts'
import type { Json } from '../saga/workflow.ts'
import {
  functionTarget,
  type ExpectedController as ExpectedBehind,
  type Target,
} from './guards/identity.ts'
import { Address, ExpectedController, Held, logged, nullable } from './logged-shapes.ts'

/** How a controller comes to have the namespaces that were asked for. */
const Direct = Type.Object({
  cntlid: Type.Integer(),
  /** Other controllers of its subsystem that the host's nvme driver has. The first one is the spokesman: through it everything is asked and changed. */
  siblings: Type.Array(ExpectedController, { minItems: 1 }),
  /** Of the spokesman. */
  controllerId: Type.String(),
})

export type Direct = Static<typeof Direct>

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
  /** A controller that goes with `nsids` and no others. Absent: with whatever is attached to it. */
  exactly: Type.Optional(Type.Literal(true)),
  /** Only where that is to be brought about: of one that is restored it is checked. */
  direct: Type.Optional(Direct),
})

export type AssignParams = Static<typeof Params>

export const ASSIGN = 'assign-function'
export const VERSION = 1

export function assignParams(json: Json): AssignParams {
  return logged(Params, json, `parameters of ${ASSIGN}:`)
}

export function spokesmanOf({ siblings }: Direct): ExpectedBehind {
  const [spokesman] = siblings
  if (!spokesman) throw new Error('nobody speaks for the subsystem')
  return spokesman
}

/** nsids that an operation gives with a controller. */
export function chosenBy({
  workflow,
  version,
  params,
}: OperationRecord): readonly number[] {
  if (workflow !== ASSIGN || version !== VERSION) return []
  const { direct, nsids } = assignParams(params)
  return direct ? nsids : []
}

export function targetOf({ fn, vf, controller }: AssignParams): Target {
  return functionTarget(fn, controller, vf?.vfNumber ?? null)
}
