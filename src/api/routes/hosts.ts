import { BODY_PROBLEMS, json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { listed, pageOf, pageQuery, pageRequest, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { ref } from '../shape.ts'
import { DriftPolicyShape, HostShape } from '../shapes/host.ts'
import { idOf } from './ids.ts'

const tags = ['hosts']

export function hostRoutes(app: App, { inventory, workflows }: Services): void {
  app.get(
    '/v1/hosts',
    {
      schema: {
        operationId: 'listHosts',
        summary: 'List hosts',
        description: 'Hosts of the fleet, those that are away included.',
        tags,
        querystring: query(pageQuery),
        response: { 200: json('A page of hosts', pageOf(HostShape)), ...problems() },
      },
    },
    (request) => {
      const page = pageRequest('hosts', request.query)
      return listed('hosts', inventory.hosts(request.caller, page))
    }
  )
  app.get(
    '/v1/hosts/:id',
    {
      schema: {
        operationId: 'getHost',
        summary: 'Get host',
        description: 'One host.',
        tags,
        params: idOf('a host'),
        response: { 200: json('The host', ref(HostShape)), ...problems(404) },
      },
    },
    (request) => inventory.host(request.caller, request.params.id)
  )
  app.post(
    '/v1/hosts/:id/rescan',
    {
      schema: {
        operationId: 'rescanHost',
        summary: 'Rescan host',
        description:
          'Looks at the host now and stores what differs. Changes nothing on the host; safe to repeat.',
        tags,
        params: idOf('a host'),
        response: { 200: json('The host', ref(HostShape)), ...problems(404) },
      },
    },
    (request) => inventory.rescan(request.caller, request.params.id)
  )
  app.put(
    '/v1/hosts/:id/driftPolicy',
    {
      schema: {
        operationId: 'setDriftPolicy',
        summary: 'Set drift policy',
        description:
          'Whether nvirt only reports drift of this host, or heals it where nobody uses the function. What was given up is tried again. Safe to repeat.',
        tags,
        params: idOf('a host'),
        body: ref(DriftPolicyShape),
        response: {
          200: json('The host', ref(HostShape)),
          ...problems(404, ...BODY_PROBLEMS),
        },
      },
    },
    async ({ caller, params, body }) => {
      await workflows.setDriftPolicy(caller, params.id, body.policy)
      return inventory.host(caller, params.id)
    }
  )
}
