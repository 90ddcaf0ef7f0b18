import type { EventView } from '../services.ts'
import { answerShape, anyJson, count, inline, nullable, text, time } from '../shape.ts'
import { Type } from 'typebox'

export const EventShape = answerShape<EventView>('Event', 'Something that happened', {
  number: count('Ascending in the order in which changes became durable'),
  type: text('`virtual-function.provisioned`'),
  at: time('When'),
  hostId: nullable(text('Host that it concerns')),
  subject: inline<EventView['subject']>('What it happened to', {
    kind: text('Kind of resource'),
    id: text('Id of the resource'),
  }),
  actor: text('Who did it'),
  tenant: text('Whose it is'),
  operationId: nullable(text('Operation that did it')),
  detail: Type.Unsafe<EventView['detail']>(anyJson('By type')),
})
