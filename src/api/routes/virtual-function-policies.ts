import { BODY_PROBLEMS, json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { listed, pageOf, pageQuery, pageRequest, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { ref } from '../shape.ts'
import {
  DeclareShape,
  VirtualFunctionPolicyShape,
} from '../shapes/virtual-function-policy.ts'
import { filterBy, idOf } from './ids.ts'

const tags = ['virtual functions']
const url = '/v1/controllers/:id/virtualFunctionPolicy'

export function virtualFunctionPolicyRoutes(app: App, { workflows }: Services): void {
  app.get(
    '/v1/virtualFunctionPolicies',
    {
      schema: {
        operationId: 'listVirtualFunctionPolicies',
        summary: 'List virtual function policies',
        description:
          'What is declared of the VFs of controllers: desired against actual, and why they differ.',
        tags,
        querystring: query({ hostId: filterBy('host'), ...pageQuery }),
        response: {
          200: json(
            'A page of virtual function policies',
            pageOf(VirtualFunctionPolicyShape)
          ),
          ...problems(),
        },
      },
    },
    ({ caller, query: asked }) => {
      const { hostId } = asked
      const filter = hostId === undefined ? {} : { hostId }
      const page = pageRequest('virtualFunctionPolicies', asked)
      const found = workflows.virtualFunctionPolicies(caller, filter, page)
      return listed('virtualFunctionPolicies', found)
    }
  )
  app.get(
    url,
    {
      schema: {
        operationId: 'getVirtualFunctionPolicy',
        summary: 'Get virtual function policy',
        description:
          'What is declared of the VFs of a controller: desired against actual, and why they differ.',
        tags,
        params: idOf('an SR-IOV controller'),
        response: {
          200: json('The policy', ref(VirtualFunctionPolicyShape)),
          ...problems(404),
        },
      },
    },
    ({ caller, params }) => workflows.virtualFunctionPolicy(caller, params.id)
  )
  app.put(
    url,
    {
      schema: {
        operationId: 'declareVirtualFunctions',
        summary: 'Declare virtual functions',
        description:
          'Says which VFs the controller is to have. The pools are divided now; VFs are made, changed and retired by and by, and never while anybody uses them. Kept through restarts of the host. Safe to repeat; what was given up is tried again.',
        tags,
        params: idOf('an SR-IOV controller'),
        body: ref(DeclareShape),
        response: {
          200: json('The policy, durable', ref(VirtualFunctionPolicyShape)),
          ...problems(404, 409, 507, ...BODY_PROBLEMS),
        },
      },
    },
    ({ caller, params, body }) => workflows.declareVirtualFunctions(caller, params.id, body)
  )
  app.delete(
    url,
    {
      schema: {
        operationId: 'undeclareVirtualFunctions',
        summary: 'Undeclare virtual functions',
        description:
          'The VFs of the controller are no longer declared. They stay as they are; to retire all, declare 0 of them before.',
        tags,
        params: idOf('an SR-IOV controller'),
        response: {
          200: json('The policy, as it was', ref(VirtualFunctionPolicyShape)),
          ...problems(404),
        },
      },
    },
    ({ caller, params }) => workflows.undeclareVirtualFunctions(caller, params.id)
  )
}
