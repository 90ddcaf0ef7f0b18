import { Type } from 'typebox'
import { BODY_PROBLEMS, json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { idempotencyHeaders, idempotencyKey } from '../idempotency.ts'
import { listed, pageOf, pageQuery, pageRequest, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { choice, ref } from '../shape.ts'
import { DrillRequestShape, DrillShape } from '../shapes/drill.ts'
import { idOf } from './ids.ts'

const tags = ['drills']

const hangingQuery = query({
  hanging: Type.Optional(
    choice(
      ['with-effect', 'without-effect'],
      'How calls come back that hang in it; default `without-effect`, with EINTR'
    )
  ),
})

export function drillRoutes(app: App, { drills }: Services): void {
  app.get(
    '/v1/hosts/:id/drills',
    {
      schema: {
        operationId: 'listDrills',
        summary: 'List drills',
        description:
          'Faults that are armed on the host, those of its machine file included. Those that are used up stay until they are taken back.',
        tags,
        params: idOf('a host'),
        querystring: query(pageQuery),
        response: {
          200: json('A page of drills', pageOf(DrillShape)),
          ...problems(404, 409),
        },
      },
    },
    async (request) => {
      const { caller, params } = request
      const page = pageRequest('drills', request.query)
      return listed('drills', await drills.armed(caller, params.id, page))
    }
  )
  app.post(
    '/v1/hosts/:id/drills',
    {
      schema: {
        operationId: 'startDrill',
        summary: 'Start drill',
        description:
          'Arms a fault on an emulated host, or lets an event happen to it. Refused unless the service was started with drills allowed, and for a real host. Safe to repeat with an Idempotency-Key only.',
        tags,
        params: idOf('a host'),
        headers: idempotencyHeaders,
        body: ref(DrillRequestShape),
        response: {
          201: json('The drill', ref(DrillShape)),
          ...problems(404, 409, ...BODY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const { caller, params, body } = request
      const key = idempotencyKey(request)
      return reply.code(201).send(await drills.start(caller, params.id, body, key))
    }
  )
  app.delete(
    '/v1/hosts/:id/drills/:drillId',
    {
      schema: {
        operationId: 'endDrill',
        summary: 'End drill',
        description: 'Takes an armed fault back. Calls that hang in it come back.',
        tags,
        params: Type.Object({
          ...idOf('a host').properties,
          drillId: Type.String({
            minLength: 1,
            maxLength: 100,
            description: 'Id of the drill',
          }),
        }),
        querystring: hangingQuery,
        response: {
          200: json('The drill, as it ended', ref(DrillShape)),
          ...problems(404, 409),
        },
      },
    },
    (request) => {
      const { id, drillId } = request.params
      const { hanging = 'without-effect' } = request.query
      return drills.takeBack(request.caller, id, drillId, hanging)
    }
  )
}
