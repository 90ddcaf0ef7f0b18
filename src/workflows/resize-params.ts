/** What an operation that resizes a primary was asked for, as it is logged. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Json } from '../saga/workflow.ts'
import { ExpectedController, Held, logged } from './logged-shapes.ts'

export const ResizeParamsShape = Type.Object({
  ...Held,
  controllerId: Type.String(),
  primary: ExpectedController,
  /** Flexible resources that the primary is to have for itself. */
  wanted: Type.Object({ vq: Type.Integer(), vi: Type.Integer() }),
})

export type ResizeParams = Static<typeof ResizeParamsShape>

export const RESIZE = 'resize-primary'

/** The step between whose beginning and end an allocation waits for its reset. */
export const ALLOCATE_AND_RESET = 'allocate-and-reset'

export function resizeParams(json: Json): ResizeParams {
  return logged(ResizeParamsShape, json, `parameters of ${RESIZE}:`)
}
