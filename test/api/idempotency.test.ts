/** The same key with the same request is the same operation, on each route that changes something, and after a restart. */
import { expect, onTestFinished, test } from 'vitest'
import type { Answer, Call } from './call.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { assignmentOf, controllerAt, provisionOne, succeeded } from './steps.ts'
import type { Operation } from './steps.ts'

type Route = {
  readonly id: string
  /** Two that differ, on what the routes before have left. */
  readonly requests: (service: EmulatedService) => Promise<readonly [Call, Call]>
}

const ROUTES: readonly Route[] = [
  {
    id: 'resizePrimary',
    requests: async ({ api }) => {
      const path = { id: (await controllerAt(api, PF)).id }
      return [
        { path, body: { vq: 2, vi: 0 } },
        { path, body: { vq: 0, vi: 0 } },
      ]
    },
  },
  {
    id: 'provisionVirtualFunctions',
    requests: async ({ api }) => {
      const path = { id: (await controllerAt(api, PF)).id }
      const of = (ioQueuePairs: number): Call => ({
        path,
        body: { virtualFunctions: [{ ioQueuePairs, namespaceIds: [] }], driver: 'none' },
      })
      return [of(1), of(2)]
    },
  },
  {
    id: 'createAssignment',
    requests: async ({ api }) => {
      const controllerId = (await controllerAt(api, PLAIN)).id
      const of = (consumer: string): Call => ({ body: { controllerId, consumer } })
      return [of('vm-1'), of('vm-2')]
    },
  },
  {
    id: 'releaseAssignment',
    requests: async ({ api }) => {
      const controllerId = (await controllerAt(api, PLAIN)).id
      const path = { id: (await assignmentOf(api, controllerId)).id }
      return [{ path }, { path, body: { acceptUncleaned: true } }]
    },
  },
  {
    id: 'retireVirtualFunction',
    requests: async ({ api }) => {
      const { id } = await controllerAt(api, PF)
      const first = await provisionOne(api, id)
      const second = await provisionOne(api, id)
      return [{ path: { id: first.id } }, { path: { id: second.id } }]
    },
  },
]

test('on each route that changes something a key counts once, and for ever', async () => {
  let service = await emulatedService()
  onTestFinished(() => service.stop())
  const asked: {
    send: () => Promise<Answer<Operation>>
    conflict: () => Promise<unknown>
  }[] = []
  const seen: string[][] = []

  for (const { id, requests } of ROUTES) {
    const headers = { 'idempotency-key': `once-${id}` }
    const [same, other] = await requests(service)
    const send = () => service.api.send<Operation>(id, { ...same, headers })
    const conflict = () =>
      service.api.no(id, { ...other, headers }, 409, 'idempotency-conflict')
    const first = await send()
    const again = await send()
    await conflict()
    await succeeded(service.api, first.body)
    const afterwards = await send()
    expect([first, again, afterwards].map(({ status }) => status)).toEqual([202, 202, 202])
    seen.push([first, again, afterwards].map(({ body }) => body.id))
    asked.push({ send, conflict })
  }
  service = await service.restarted()
  for (const [n, { send, conflict }] of asked.entries()) {
    const { status, body } = await send()
    expect([status, body.state]).toEqual([202, 'succeeded'])
    seen[n]?.push(body.id)
    await conflict()
  }

  const operations = seen.map((ids) => [...new Set(ids)])
  expect(operations.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1])
  expect(new Set(operations.flat()).size).toBe(5)
}, 60_000)
