import { json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { idempotencyHeaders } from '../idempotency.ts'
import { listed, pageOf, pageQuery, pageRequest, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { ref } from '../shape.ts'
import { VirtualFunctionShape } from '../shapes/virtual-function.ts'
import { filterBy, idOf } from './ids.ts'
import { planOrBegin, plannedAnswers, planQuery } from './planned.ts'

const tags = ['virtual functions']

export function virtualFunctionRoutes(app: App, { inventory, workflows }: Services): void {
  app.get(
    '/v1/virtualFunctions',
    {
      schema: {
        operationId: 'listVirtualFunctions',
        summary: 'List virtual functions',
        description: 'VFs of SR-IOV controllers, those in the pool included.',
        tags,
        querystring: query({
          hostId: filterBy('host'),
          controllerId: filterBy('controller'),
          ...pageQuery,
        }),
        response: {
          200: json('A page of virtual functions', pageOf(VirtualFunctionShape)),
          ...problems(),
        },
      },
    },
    (request) => {
      const { hostId, controllerId } = request.query
      const filter = {
        ...(hostId === undefined ? {} : { hostId }),
        ...(controllerId === undefined ? {} : { controllerId }),
      }
      const page = pageRequest('virtualFunctions', request.query)
      const found = inventory.virtualFunctions(request.caller, filter, page)
      return listed('virtualFunctions', found)
    }
  )
  app.get(
    '/v1/virtualFunctions/:id',
    {
      schema: {
        operationId: 'getVirtualFunction',
        summary: 'Get virtual function',
        description: 'One VF: what was asked for, and what is.',
        tags,
        params: idOf('a VF'),
        response: {
          200: json('The virtual function', ref(VirtualFunctionShape)),
          ...problems(404),
        },
      },
    },
    (request) => inventory.virtualFunction(request.caller, request.params.id)
  )
  app.delete(
    '/v1/virtualFunctions/:id',
    {
      schema: {
        operationId: 'retireVirtualFunction',
        summary: 'Retire virtual function',
        description:
          'Returns the VF and its resources to the pool. Retiring the last one of a controller disables VFs again.',
        tags,
        params: idOf('a VF'),
        querystring: planQuery,
        headers: idempotencyHeaders,
        response: plannedAnswers(),
      },
    },
    (request, reply) =>
      planOrBegin(workflows, request, reply, {
        ask: 'retire',
        virtualFunctionId: request.params.id,
      })
  )
  driftRoutes(app, workflows)
}

function driftRoutes(app: App, workflows: Services['workflows']): void {
  app.post(
    '/v1/virtualFunctions/:id/heal',
    {
      schema: {
        operationId: 'healVirtualFunction',
        summary: 'Heal virtual function',
        description:
          'Brings the VF, and its assignment, to what is desired. Refused while anybody uses it. An assignment follows its VF by itself.',
        tags,
        params: idOf('a VF'),
        querystring: planQuery,
        headers: idempotencyHeaders,
        response: plannedAnswers(),
      },
    },
    (request, reply) =>
      planOrBegin(workflows, request, reply, { ask: 'heal', functionId: request.params.id })
  )
  app.post(
    '/v1/virtualFunctions/:id/adopt',
    {
      schema: {
        operationId: 'adoptVirtualFunction',
        summary: 'Adopt virtual function',
        description:
          'Makes a VF that somebody else brought online one that nvirt provisioned, as it is. Refused while anybody uses it.',
        tags,
        params: idOf('a VF'),
        querystring: planQuery,
        headers: idempotencyHeaders,
        response: plannedAnswers(),
      },
    },
    (request, reply) =>
      planOrBegin(workflows, request, reply, {
        ask: 'adopt',
        virtualFunctionId: request.params.id,
      })
  )
}
