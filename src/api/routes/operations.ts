import { Type } from 'typebox'
import { accepted, BODY_PROBLEMS, json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { idempotencyHeaders, idempotencyKey } from '../idempotency.ts'
import { unlessStopping } from '../orderly-stop.ts'
import { listed, pageOf, pageQuery, pageRequest, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { ref } from '../shape.ts'
import { NothingElseShape, OperationShape, OperationState } from '../shapes/operation.ts'
import { emptyBodyIsEmptyObject } from './empty-body.ts'
import { idOf } from './ids.ts'
import { sendStarted } from './started.ts'

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
  askRoutes(app, workflows)
}

/** What may be asked of an operation once it is there. */
function askRoutes(app: App, workflows: Services['workflows']): void {
  const common = {
    tags,
    params: idOf('an operation'),
    headers: idempotencyHeaders,
    body: ref(NothingElseShape),
    response: {
      202: accepted(ref(OperationShape)),
      ...problems(404, 409, ...BODY_PROBLEMS),
    },
  }
  app.post(
    '/v1/operations/:id/cancel',
    {
      preValidation: emptyBodyIsEmptyObject,
      schema: {
        operationId: 'cancelOperation',
        summary: 'Cancel operation',
        description:
          'Undoes an operation that has not come to its commit step. What it waits for it leaves at once, a step that runs is let end, and a kernel call that is blocked has to come back before the undo begins. Kept through restarts. Safe to repeat until it has ended.',
        ...common,
      },
    },
    async (request, reply) => {
      const { caller, params } = request
      const key = idempotencyKey(request)
      return sendStarted(reply, await workflows.cancel(caller, params.id, key))
    }
  )
  app.post(
    '/v1/operations/:id/retry',
    {
      preValidation: emptyBodyIsEmptyObject,
      schema: {
        operationId: 'retryOperation',
        summary: 'Retry operation',
        description:
          'Lets an operation that is stuck go on from where it stuck: forward after its commit step, back before it. Refused when others have worked on its functions since. One that was undone is asked for anew.',
        ...common,
      },
    },
    async (request, reply) => {
      const { caller, params } = request
      const key = idempotencyKey(request)
      return sendStarted(reply, await workflows.retry(caller, params.id, key))
    }
  )
}
