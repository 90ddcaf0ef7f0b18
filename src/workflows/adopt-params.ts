/** What an operation that adopts a VF was asked for, as it is logged. */
import { Type, type Static } from 'typebox'
import type { Json } from '../saga/workflow.ts'
import { functionTarget, type Target } from './guards/identity.ts'
import { Address, ExpectedController, Held, logged } from './logged-shapes.ts'

const Params = Type.Object({
  ...Held,
  controllerId: Type.String(),
  primary: ExpectedController,
  virtualFunctionId: Type.String(),
  vfNumber: Type.Integer(),
  cntlid: Type.Integer(),
  fn: Address,
})

export type AdoptParams = Static<typeof Params>

export const ADOPT = 'adopt-virtual-function'

export function adoptParams(json: Json): AdoptParams {
  return logged(Params, json, `parameters of ${ADOPT}:`)
}

export function targetOf({ primary, fn, vfNumber }: AdoptParams): Target {
  return functionTarget(fn, primary, vfNumber)
}
