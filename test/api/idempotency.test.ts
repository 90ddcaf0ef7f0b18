/** The same key with the same request is the same operation, on each route that changes something, and after a restart. */
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Answer, Call } from './call.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { assignmentOf, controllerAt, ended, provisionOne, succeeded } from './steps.ts'
import type { Operation, Schemas } from './steps.ts'

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

test('a key that asks once more for what is being undone already counts from then on', async () => {
  const service = await emulatedService({ callDeadlineMs: 300 })
  onTestFinished(() => service.stop())
  const { api, machine } = service
  const { id } = await controllerAt(api, PF)
  const body = { virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: [] }] }
  const match = { call: 'write', path: '**/reset' } as const
  const fault = machine.faults.arm({ match, times: 1, kind: { fault: 'never-returns' } })
  const started = await api.ok<Operation>('provisionVirtualFunctions', {
    path: { id },
    body,
  })
  const path = { id: started.id }
  await eventually('the reset', async () => {
    const { state } = await api.ok<Operation>('getOperation', { path })
    return state === 'blocked' ? state : undefined
  })
  const again = { path, headers: { 'idempotency-key': 'again' } }

  await api.ok('cancelOperation', { path })
  const first = await api.send<Operation>('cancelOperation', again)
  machine.faults.takeBack(fault.id, 'with-effect')
  const end = await ended(api, started)
  const second = await api.send<Operation>('cancelOperation', again)
  await api.no('cancelOperation', { path }, 409, 'wrong-state')

  expect([first.status, end.state, second.status]).toEqual([202, 'undone', 202])
  expect([first.body.id, second.body.id]).toEqual([started.id, started.id])
}, 60_000)

test('a key that asks once more for a plan that was begun counts from then on', async () => {
  const service = await emulatedService()
  onTestFinished(() => service.stop())
  const { api } = service
  const controllerId = (await controllerAt(api, PLAIN)).id
  const asked = (consumer: string) => ({ body: { controllerId, consumer } })
  const planOf = async (call: Call) => {
    const query = { plan: 'true' }
    return api.ok<Schemas['Plan']>('createAssignment', { ...call, query })
  }
  const { id } = await planOf(asked('vm-1'))
  const other = await planOf(asked('vm-2'))
  const headers = { 'idempotency-key': 'again' }

  const begun = await api.ok<Operation>('createAssignment', {
    ...asked('vm-1'),
    query: { plan: id },
  })
  await succeeded(api, begun)
  const again = { ...asked('vm-1'), query: { plan: id }, headers }
  const first = await api.send<Operation>('createAssignment', again)
  const second = await api.send<Operation>('createAssignment', again)

  expect([first.status, second.status]).toEqual([202, 202])
  expect([first.body.id, second.body.id]).toEqual([id, id])
  for (const call of [asked('vm-2'), { ...asked('vm-2'), query: { plan: other.id } }])
    await api.no('createAssignment', { ...call, headers }, 409, 'idempotency-conflict')
}, 60_000)

test('of two who ask once more at once, by one key for two operations, one is refused', async () => {
  const service = await emulatedService()
  onTestFinished(() => service.stop())
  const { api } = service
  const plansOf = async (address: string) => {
    const controllerId = (await controllerAt(api, address)).id
    const call = { body: { controllerId, consumer: 'vm' } }
    const plan = await api.ok<Schemas['Plan']>('createAssignment', {
      ...call,
      query: { plan: 'true' },
    })
    const run = { ...call, query: { plan: plan.id } }
    await succeeded(api, await api.ok<Operation>('createAssignment', run))
    return run
  }
  const runs = [await plansOf(PLAIN), await plansOf(PF)]
  const headers = { 'idempotency-key': 'both' }

  const answers = await Promise.all(
    runs.map((run) => api.send<Operation>('createAssignment', { ...run, headers }))
  )

  const statuses = answers.map(({ status }) => status)
  expect(statuses.toSorted((a, b) => a - b)).toEqual([202, 409])
}, 60_000)
