import { Type } from 'typebox'
import { json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { decodeCursor } from '../cursor.ts'
import { ControlPlaneError } from '../../errors.ts'
import { listed, pageOf, pageQuery, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { EventShape } from '../shapes/event.ts'

const DEFAULT_LIMIT = 100

const eventQuery = query({
  after: Type.Optional(
    Type.Integer({
      minimum: 0,
      description:
        'Events after this number. 0: from the first. Not together with a cursor.',
    })
  ),
  ...pageQuery,
})

export function eventRoutes(app: App, { events }: Services): void {
  app.get(
    '/v1/events',
    {
      schema: {
        operationId: 'listEvents',
        summary: 'List events',
        description:
          'Events in the order in which their changes became durable: numbers never appear out of order, so whoever asks after the last number that it saw misses nothing.',
        tags: ['events'],
        querystring: eventQuery,
        response: { 200: json('A page of events', pageOf(EventShape)), ...problems() },
      },
    },
    (request) => {
      const { limit = DEFAULT_LIMIT } = request.query
      // One more than asked for tells whether there is a next page.
      const found = events.list(request.caller, afterOf(request.query), limit + 1)
      const items = found.slice(0, limit)
      const last = items.at(-1)
      const next = found.length > limit && last ? String(last.number) : null
      return listed('events', { items, next })
    }
  )
}

type EventQuery = { readonly after?: number; readonly cursor?: string }

function afterOf({ after, cursor }: EventQuery): number {
  if (cursor === undefined) return after ?? 0
  if (after !== undefined) throw invalid('after', 'cannot be given together with cursor')
  const number = Number(decodeCursor('events', cursor))
  if (!Number.isSafeInteger(number)) throw invalid('cursor', 'is not a cursor of events')
  return number
}

function invalid(field: string, reason: string): ControlPlaneError {
  return new ControlPlaneError('listing events', { kind: 'invalid', field, reason })
}
