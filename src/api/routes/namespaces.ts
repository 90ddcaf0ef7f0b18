import { json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { listed, pageOf, pageQuery, pageRequest, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { ref } from '../shape.ts'
import { NamespaceShape } from '../shapes/namespace.ts'
import { filterBy, idOf } from './ids.ts'

const tags = ['namespaces']

export function namespaceRoutes(app: App, { inventory }: Services): void {
  app.get(
    '/v1/namespaces',
    {
      schema: {
        operationId: 'listNamespaces',
        summary: 'List namespaces',
        description: 'Namespaces with size, format, who has them and what uses them.',
        tags,
        querystring: query({ hostId: filterBy('host'), ...pageQuery }),
        response: {
          200: json('A page of namespaces', pageOf(NamespaceShape)),
          ...problems(),
        },
      },
    },
    (request) => {
      const { hostId } = request.query
      const filter = hostId === undefined ? {} : { hostId }
      const page = pageRequest('namespaces', request.query)
      return listed('namespaces', inventory.namespaces(request.caller, filter, page))
    }
  )
  app.get(
    '/v1/namespaces/:id',
    {
      schema: {
        operationId: 'getNamespace',
        summary: 'Get namespace',
        description: 'One namespace.',
        tags,
        params: idOf('a namespace'),
        response: { 200: json('The namespace', ref(NamespaceShape)), ...problems(404) },
      },
    },
    (request) => inventory.namespace(request.caller, request.params.id)
  )
}
