import { BODY_PROBLEMS, json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { idempotencyHeaders } from '../idempotency.ts'
import { listed, pageOf, pageQuery, pageRequest, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { ref } from '../shape.ts'
import { ControllerShape, ResizePrimaryShape } from '../shapes/controller.ts'
import { ProvisionShape } from '../shapes/virtual-function.ts'
import { filterBy, idOf } from './ids.ts'
import { planOrBegin, plannedAnswers, planQuery } from './planned.ts'

const tags = ['controllers']

export function controllerRoutes(app: App, { inventory, workflows }: Services): void {
  app.get(
    '/v1/controllers',
    {
      schema: {
        operationId: 'listControllers',
        summary: 'List controllers',
        description:
          'NVMe controllers of physical functions: SR-IOV primaries and plain ones.',
        tags,
        querystring: query({ hostId: filterBy('host'), ...pageQuery }),
        response: {
          200: json('A page of controllers', pageOf(ControllerShape)),
          ...problems(),
        },
      },
    },
    (request) => {
      const { hostId } = request.query
      const filter = hostId === undefined ? {} : { hostId }
      const page = pageRequest('controllers', request.query)
      return listed('controllers', inventory.controllers(request.caller, filter, page))
    }
  )
  app.get(
    '/v1/controllers/:id',
    {
      schema: {
        operationId: 'getController',
        summary: 'Get controller',
        description: 'One controller with its pools, capabilities and health.',
        tags,
        params: idOf('a controller'),
        response: { 200: json('The controller', ref(ControllerShape)), ...problems(404) },
      },
    },
    (request) => inventory.controller(request.caller, request.params.id)
  )
  app.post(
    '/v1/controllers/:id/virtualFunctions',
    {
      schema: {
        operationId: 'provisionVirtualFunctions',
        summary: 'Provision virtual functions',
        description:
          'Takes VFs out of the pool: gives each its queue pairs and vectors, brings it online, and attaches exactly the namespaces that were asked for. Undone whole when it fails.',
        tags: ['virtual functions'],
        params: idOf('an SR-IOV controller'),
        querystring: planQuery,
        headers: idempotencyHeaders,
        body: ref(ProvisionShape),
        response: plannedAnswers(507, ...BODY_PROBLEMS),
      },
    },
    (request, reply) =>
      planOrBegin(workflows, request, reply, {
        ask: 'provision',
        controllerId: request.params.id,
        request: request.body,
      })
  )
  app.post(
    '/v1/controllers/:id/primaryResources',
    {
      schema: {
        operationId: 'resizePrimary',
        summary: 'Resize primary',
        description:
          'Gives the primary flexible resources of its own, or takes them from it, and resets its function, since only then they are in force. Refused while anybody would be taken down: VFs, and file systems of the host. Undone whole when it fails.',
        tags,
        params: idOf('an SR-IOV controller'),
        querystring: planQuery,
        headers: idempotencyHeaders,
        body: ref(ResizePrimaryShape),
        response: plannedAnswers(507, ...BODY_PROBLEMS),
      },
    },
    (request, reply) =>
      planOrBegin(workflows, request, reply, {
        ask: 'resizePrimary',
        controllerId: request.params.id,
        request: request.body,
      })
  )
  app.post(
    '/v1/controllers/:id/heal',
    {
      schema: {
        operationId: 'healController',
        summary: 'Heal controller',
        description:
          'Brings a controller that is assigned back to its consumer. Refused while anybody uses it.',
        tags,
        params: idOf('a controller'),
        querystring: planQuery,
        headers: idempotencyHeaders,
        response: plannedAnswers(),
      },
    },
    (request, reply) =>
      planOrBegin(workflows, request, reply, { ask: 'heal', functionId: request.params.id })
  )
}
