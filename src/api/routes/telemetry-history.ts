import { Type } from 'typebox'
import {
  LATENCY_METRIC,
  MOST_STEPS,
  type HistoryRequest,
} from '../../telemetry/history/telemetry-history.ts'
import { json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { pageOf, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { choice, ref } from '../shape.ts'
import { HistoryShape, METRICS, PinShape, SCOPES } from '../shapes/history.ts'
import { idOf } from './ids.ts'

const tags = ['telemetry']
const ALL_METRICS = [...METRICS, LATENCY_METRIC] as const

const instant = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', maxLength: 40, description }))

const historyQuery = query({
  scope: choice(SCOPES, 'Whose numbers'),
  id: Type.String({
    minLength: 1,
    maxLength: 100,
    description: 'Of the host, controller or VF; of the function whose queue it is',
  }),
  qid: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65_535, description: 'With scope=queue: which' })
  ),
  metrics: Type.Optional(
    Type.Array(choice(ALL_METRICS, 'A metric'), {
      maxItems: ALL_METRICS.length,
      description: 'Default: all that the scope has, but latency: commands in log2 buckets',
    })
  ),
  from: instant('Default: a quarter of an hour before `to`; at most 30 days'),
  to: instant('Default: now'),
  stepSeconds: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 86_400,
      description: `Default: so that there are at most 300 steps; ${MOST_STEPS} are the most`,
    })
  ),
})

export function telemetryHistoryRoutes(app: App, { history }: Services): void {
  app.get(
    '/v1/telemetry/history',
    {
      schema: {
        operationId: 'getTelemetryHistory',
        summary: 'Get telemetry history',
        description:
          'Samples of the last quarter of an hour, minutes of the last 30 days, as far as the budgets reach: `sources` says what there really is. Controllers are always kept, VFs while they are assigned or watched, queues while they are watched or pinned and a quarter of an hour after. What was not observed is null, never zero.',
        tags,
        querystring: historyQuery,
        response: { 200: json('The range', ref(HistoryShape)), ...problems(404) },
      },
    },
    ({ caller, query: asked }) => history.range(caller, requestOf(asked))
  )
  pinRoutes(app, history)
}

function pinRoutes(app: App, history: Services['history']): void {
  const url = '/v1/telemetry/pins/:id'
  const params = idOf('a controller or VF')
  const good = { 200: json('The pin', ref(PinShape)) }
  app.get(
    '/v1/telemetry/pins',
    {
      schema: {
        operationId: 'listTelemetryPins',
        summary: 'List telemetry pins',
        description:
          'Functions whose queues are kept although nobody looks; few, on one page.',
        tags,
        querystring: query({}),
        response: { 200: json('All pins', pageOf(PinShape)), ...problems() },
      },
    },
    ({ caller }) => ({ items: history.pins(caller), nextCursor: null })
  )
  app.put(
    url,
    {
      schema: {
        operationId: 'pinTelemetry',
        summary: 'Pin telemetry',
        description:
          'From now on the queues of the function are kept at one second, through restarts. Safe to repeat.',
        tags,
        params,
        response: { ...good, ...problems(404, 409) },
      },
    },
    ({ caller, params: { id } }) => history.pin(caller, id)
  )
  app.delete(
    url,
    {
      schema: {
        operationId: 'unpinTelemetry',
        summary: 'Unpin telemetry',
        description: 'What is kept stays until its time has come. Safe to repeat.',
        tags,
        params,
        response: { ...good, ...problems() },
      },
    },
    ({ caller, params: { id } }) => history.unpin(caller, id)
  )
}

type Asked = Omit<HistoryRequest, 'fromMs' | 'toMs'> & {
  readonly from?: string
  readonly to?: string
}

function requestOf({ from, to, ...asked }: Asked): HistoryRequest {
  return {
    ...asked,
    ...(from !== undefined && { fromMs: Date.parse(from) }),
    ...(to !== undefined && { toMs: Date.parse(to) }),
  }
}
