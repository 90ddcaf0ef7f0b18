import { Type } from 'typebox'
import { json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { unlessStopping } from '../orderly-stop.ts'
import { listed, pageOf, pageQuery, pageRequest, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { ref } from '../shape.ts'
import { OperationShape, OperationState } from '../shapes/operation.ts'
import { idOf } from './ids.ts'

const tags = ['operations']
const DEFAULT_WAIT_SECONDS = 30

const waitQuery = query({
  timeoutSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 60,
      default: DEFAULT_WAIT_SECONDS,
      description: 'Longest wait',
    })
  ),
})

/** @param stopping of the service: then waits are answered at once */
export function operationRoutes(
  app: App,
  { workflows }: Services,
  stopping: AbortSignal
): void {
  app.get(
    '/v1/operations',
    {
      schema: {
        operationId: 'listOperations',
        summary: 'List operations',
        description: 'Operations of the tenant, oldest first. They are kept.',
        tags,
        querystring: query({
          state: Type.Optional(
            Type.Array(OperationState, {
              maxItems: 7,
              uniqueItems: true,
              description: 'Only those in these states; may be repeated',
            })
          ),
          ...pageQuery,
        }),
        response: {
          200: json('A page of operations', pageOf(OperationShape)),
          ...problems(),
        },
      },
    },
    (request) => {
      const { state } = request.query
      const filter = state === undefined ? {} : { states: state }
      const page = pageRequest('operations', request.query)
      return listed('operations', workflows.operations(request.caller, filter, page))
    }
  )
  app.get(
    '/v1/operations/:id',
    {
      schema: {
        operationId: 'getOperation',
        summary: 'Get operation',
        description: 'One operation with its steps, and whom it waits for.',
        tags,
        params: idOf('an operation'),
        response: { 200: json('The operation', ref(OperationShape)), ...problems(404) },
      },
    },
    (request) => workflows.operation(request.caller, request.params.id)
  )
  app.get(
    '/v1/operations/:id/wait',
    {
      schema: {
        operationId: 'waitForOperation',
        summary: 'Wait for operation',
        description:
          'Answers when the operation has ended, or after the timeout with the operation as it then is.',
        tags,
        params: idOf('an operation'),
        querystring: waitQuery,
        response: { 200: json('The operation', ref(OperationShape)), ...problems(404) },
      },
    },
    async (request) => {
      const { timeoutSeconds = DEFAULT_WAIT_SECONDS } = request.query
      const { caller, params } = request
      const wait = workflows.wait(caller, params.id, timeoutSeconds)
      return (
        (await unlessStopping(stopping, wait)) ?? workflows.operation(caller, params.id)
      )
    }
  )
}
