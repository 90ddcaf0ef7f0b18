import { Type } from 'typebox'
import type { Problem } from '../problem.ts'
import { anyJson, answerShape, inline, listOf, text } from '../shape.ts'

const FieldErrors = listOf(
  inline<NonNullable<Problem['errors']>[number]>('A field that is not valid', {
    field: text('Path of the field: `virtualFunctions[0].ioQueuePairs`'),
    message: text('What is wrong with it'),
  }),
  'Fields that are not valid'
)

const Refusals = listOf(
  inline<NonNullable<Problem['refusals']>[number]>('A failed check', {
    check: text('Stable name of the check: `namespace-mounted`'),
    device: text('What the check looked at'),
    reason: text('What is wrong'),
    remedy: text('What to do about it'),
  }),
  'Checks of a guard that failed'
)

const MovedThings = listOf(
  inline<NonNullable<Problem['moved']>[number]>('What has moved', {
    device: text('PCI address where a host answers otherwise; else what the plan is for'),
    what: text(
      'What the host was asked: `binding`, `usage`; what the plan would do otherwise: `step bind-vfio`, `affected: mounts`; `refused`: what speaks against it now'
    ),
    planned: anyJson('As the plan has it'),
    found: anyJson('As it is now'),
  }),
  'Where the world, and with it the plan, is another than when the plan was made'
)

const optionalText = (description: string) => Type.Optional(text(description))
const optionalWhole = (description: string) => Type.Optional(Type.Integer({ description }))

export const ProblemShape = answerShape<Problem>(
  'Problem',
  'What went wrong (RFC 9457), with members that depend on its type',
  {
    type: text('Stable: `urn:nvirt:problem:wrong-state`'),
    title: text('What this type of problem is'),
    status: Type.Unsafe<Problem['status']>(Type.Integer({ description: 'HTTP status' })),
    detail: text('What went wrong this time'),
    instance: text('Names this request in the log'),
    remedy: optionalText('What to do about it'),
    errors: Type.Optional(FieldErrors),
    resource: optionalText('Kind of resource'),
    id: optionalText('Id of the resource'),
    state: optionalText('State that the resource is in'),
    allowedFrom: Type.Optional(
      listOf(text('State'), 'States from which this would be allowed')
    ),
    device: optionalText('Device that is concerned'),
    requested: optionalWhole('How much was asked for'),
    available: optionalWhole('How much there is'),
    heldByPrimary: optionalWhole('How much more the primary could give up of its own'),
    operationId: optionalText('Operation that is in the way'),
    hostId: optionalText('Host that is away'),
    refusals: Type.Optional(Refusals),
    planId: optionalText('Plan that cannot be run any more'),
    moved: Type.Optional(MovedThings),
  }
)
