/** Operations and events over HTTP: followed while they happen, and read afterwards. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from './call.ts'
import { emulatedService, PF } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { controllerAt, provisionOne, retire } from './steps.ts'
import type { Operation, Schemas } from './steps.ts'

let service: EmulatedService
let retired: Operation
beforeAll(async () => {
  service = await emulatedService()
  const pf = await controllerAt(service.api, PF)
  const vf = await provisionOne(service.api, pf.id)
  retired = await retire(service.api, vf.id)
}, 60_000)
afterAll(() => service.stop(), 60_000)

test('an operation tells its steps, and waiting for one that has ended takes no time', async () => {
  const { api } = service
  const path = { id: retired.id }

  const operation = await api.ok<Operation>('getOperation', { path })
  const begun = performance.now()
  const waited = await api.ok<Operation>('waitForOperation', {
    path,
    query: { timeoutSeconds: 60 },
  })

  expect(operation).toEqual(retired)
  expect(waited).toEqual(retired)
  expect(performance.now() - begun).toBeLessThan(5000)
  expect(operation).toMatchObject({
    state: 'succeeded',
    progress: { fraction: 1 },
    error: null,
    actor: 'demo',
  })
  expect(operation.steps.length).toBeGreaterThan(1)
  expect(operation.steps.every(({ state }) => state === 'done')).toBe(true)
})

test('operations are filtered by state, one or several', async () => {
  const { api } = service
  const list = (query: string) => api.ok<Page<Operation>>('listOperations', { query })

  const succeeded = await list('state=succeeded')
  const open = await list('state=running&state=blocked&state=waiting&state=undoing')
  const both = await list('state=running&state=succeeded')

  expect(succeeded.items.map(({ id }) => id)).toContain(retired.id)
  expect(open.items).toEqual([])
  expect(both).toEqual(succeeded)
})

test.for(['state=done', 'state=succeeded&state=succeeded', 'state='])(
  'the filter %s is refused',
  async (query) => {
    const { errors } = await service.api.no('listOperations', { query }, 400, 'invalid')

    expect(errors?.[0]?.field).toMatch(/^state/)
  }
)

test('an unknown operation is 404, to read and to wait for', async () => {
  const nobody = { path: { id: 'nobody' } }

  await service.api.no('getOperation', nobody, 404, 'not-found')
  await service.api.no('waitForOperation', nobody, 404, 'not-found')
})

test.for(['-1', '61', 'long', '1.5', ''])(
  'a wait of %j seconds is refused',
  async (seconds) => {
    const call = { path: { id: retired.id }, query: { timeoutSeconds: seconds } }

    const { errors } = await service.api.no('waitForOperation', call, 400, 'invalid')

    expect(errors?.[0]?.field).toBe('timeoutSeconds')
  }
)

test('events are numbered without end, and read on from where one was', async () => {
  const { api } = service
  const all = await api.ok<Page<Schemas['Event']>>('listEvents', { query: { limit: 1000 } })
  const numbers = all.items.map(({ number }) => number)
  const middle = numbers[Math.floor(numbers.length / 2)] ?? 0

  const after = await api.ok<Page<Schemas['Event']>>('listEvents', {
    query: { after: middle },
  })

  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  expect(after.items).toEqual(all.items.filter(({ number }) => number > middle))
  const types = all.items.map(({ type }) => type)
  expect(types).toContain('virtual-function.provisioned')
  expect(types).toContain('virtual-function.retired')
  const done = all.items.find(({ operationId }) => operationId === retired.id)
  expect(done).toMatchObject({ actor: 'demo', tenant: 'default' })
})

test('events come in pages as every list', async () => {
  const { api } = service
  const all = await api.ok<Page<Schemas['Event']>>('listEvents', { query: { limit: 1000 } })
  const items: Schemas['Event'][] = []
  let query: Record<string, unknown> = { limit: 4 }
  for (;;) {
    const page = await api.ok<Page<Schemas['Event']>>('listEvents', { query })
    items.push(...page.items)
    if (page.nextCursor === null) break
    query = { limit: 4, cursor: page.nextCursor }
  }

  expect(items).toEqual(all.items)
})

test.for(['after=-1', 'after=x', 'after=1&after=2'])(
  'events %s is refused',
  async (query) => {
    const { errors } = await service.api.no('listEvents', { query }, 400, 'invalid')

    expect(errors?.[0]?.field).toBe('after')
  }
)

test('a number and a cursor together are refused', async () => {
  const { api } = service
  const { nextCursor } = await api.ok<Page<object>>('listEvents', { query: { limit: 1 } })
  const query = { after: 1, cursor: nextCursor }

  await api.no('listEvents', { query }, 400, 'invalid')
})
