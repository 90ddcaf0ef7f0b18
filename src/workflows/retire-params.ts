/** What an operation that retires a VF was asked for, as it is logged. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Json } from '../saga/workflow.ts'
import { driveTarget, functionTarget, type Target } from './guards/identity.ts'
import { Address, ExpectedController, Held, logged, nullable } from './logged-shapes.ts'

const Params = Type.Object({
  ...Held,
  controllerId: Type.String(),
  primary: ExpectedController,
  virtualFunctionId: Type.String(),
  vfNumber: Type.Integer(),
  cntlid: Type.Integer(),
  /** null: VFs are not enabled any more, after a reboot for instance. */
  fn: nullable(Address),
  /** What a release has fetched to that controller of the host, and may not have given back. */
  fetched: Type.Optional(
    Type.Object({ cntlid: Type.Integer(), nsids: Type.Array(Type.Integer()) })
  ),
  /** A former retirement took it offline. */
  offline: Type.Optional(Type.Literal(true)),
})

export type RetireParams = Static<typeof Params>

export const RETIRE = 'retire-virtual-function'

export function retireParams(json: Json): RetireParams {
  return logged(Params, json, `parameters of ${RETIRE}:`)
}

/** As long as the VF does not exist there is only its primary. */
export function targetOf({ primary, fn, vfNumber }: RetireParams): Target {
  return fn === null ? driveTarget(primary) : functionTarget(fn, primary, vfNumber)
}
