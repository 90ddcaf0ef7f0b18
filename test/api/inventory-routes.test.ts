/** Reading the inventory over HTTP; every answer is held against the document. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from './call.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { controllerAt } from './steps.ts'
import type { Schemas } from './steps.ts'

let service: EmulatedService
beforeAll(async () => {
  service = await emulatedService()
}, 60_000)
afterAll(() => service.stop(), 60_000)

test('hosts are listed, read and rescanned', async () => {
  const { api } = service

  const { items, nextCursor } = await api.ok<Page<Schemas['Host']>>('listHosts')

  expect(nextCursor).toBeNull()
  expect(items).toHaveLength(1)
  const [host] = items
  expect(host).toMatchObject({ hostname: 'rack1-lab-b', reach: 'reachable', iommu: true })
  const path = { id: host?.id ?? '' }
  expect(await api.ok('getHost', { path })).toEqual(host)
  const rescanned = await api.ok<Schemas['Host']>('rescanHost', { path })
  expect(Date.parse(rescanned.observedAt)).toBeGreaterThan(
    Date.parse(host?.observedAt ?? '')
  )
})

test('a controller is shown with its pools, group, capabilities and health', async () => {
  const { api } = service

  const pf = await controllerAt(api, PF)

  expect(pf).toMatchObject({
    driver: 'nvme',
    state: 'live',
    serial: 'PF0',
    cntlid: 0,
    present: true,
    ambiguous: false,
    iommuGroup: { viable: expect.any(Boolean), siblings: [] },
    sriov: {
      totalVfs: 8,
      vfCount: 0,
      vq: { total: 32, assigned: 0, free: 32, private: 3, maxPerSecondary: 8 },
      vi: { total: 24, assigned: 0, free: 24, private: 9, maxPerSecondary: 6 },
    },
    capabilities: { namespaceManagement: true, virtualizationManagement: true },
    smart: { temperatureKelvin: expect.any(Number) },
    health: 'ok',
    assignmentId: null,
    changingBy: null,
  })
  expect(await api.ok('getController', { path: { id: pf.id } })).toEqual(pf)
})

test('VFs of the pool are listed, those that do not exist yet included', async () => {
  const { api } = service
  const pf = await controllerAt(api, PF)

  const { items } = await api.ok<Page<Schemas['VirtualFunction']>>('listVirtualFunctions', {
    query: { controllerId: pf.id },
  })

  const numbers = items.map(({ vfNumber }) => vfNumber).toSorted((a, b) => a - b)
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  const [vf] = items
  expect(vf).toMatchObject({ enabled: false, provisioned: null, pciAddress: null })
  expect(await api.ok('getVirtualFunction', { path: { id: vf?.id ?? '' } })).toEqual(vf)
})

test('namespaces say who has them', async () => {
  const { api } = service
  const pf = await controllerAt(api, PF)

  const { items } = await api.ok<Page<Schemas['Namespace']>>('listNamespaces', {
    query: { hostId: pf.hostId },
  })

  const mine = items.filter(({ subsystemNqn }) => subsystemNqn === pf.subsystemNqn)
  const attached = Object.fromEntries(
    mine.map(({ nsid, attachedTo }) => [nsid, attachedTo])
  )
  expect(attached).toEqual({
    1: [{ cntlid: 0, kind: 'controller', id: pf.id }],
    2: [],
    3: [],
    4: [],
  })
  const [one] = mine
  expect(await api.ok('getNamespace', { path: { id: one?.id ?? '' } })).toEqual(one)
})

test('small pages give the same items as one large, each once', async () => {
  const { api } = service
  const whole = await api.ok<Page<Schemas['VirtualFunction']>>('listVirtualFunctions')
  const items: Schemas['VirtualFunction'][] = []
  let query: Record<string, unknown> = { limit: 3 }
  for (;;) {
    const page = await api.ok<Page<Schemas['VirtualFunction']>>('listVirtualFunctions', {
      query,
    })
    expect(page.items.length).toBeLessThanOrEqual(3)
    items.push(...page.items)
    if (page.nextCursor === null) break
    query = { limit: 3, cursor: page.nextCursor }
  }

  expect(items).toEqual(whole.items)
})

test('a filter that nobody matches gives an empty page', async () => {
  const { api } = service
  const empty = { items: [], nextCursor: null }

  expect(await api.ok('listControllers', { query: { hostId: 'nobody' } })).toEqual(empty)
  expect(await api.ok('listNamespaces', { query: { hostId: 'nobody' } })).toEqual(empty)
  const plain = await controllerAt(api, PLAIN)
  const query = { hostId: plain.hostId, controllerId: plain.id }
  expect(await api.ok('listVirtualFunctions', { query })).toEqual(empty)
})

test.for([
  'getHost',
  'rescanHost',
  'getController',
  'getVirtualFunction',
  'getNamespace',
] as const)('%s of an unknown id is 404', async (id) => {
  const problem = await service.api.no(id, { path: { id: 'nobody' } }, 404, 'not-found')

  expect(problem.detail).toContain('nobody')
})

const LISTS = [
  'listHosts',
  'listControllers',
  'listVirtualFunctions',
  'listVirtualFunctionPolicies',
  'listNamespaces',
  'listAssignments',
  'listOperations',
  'listEvents',
] as const

const BAD_QUERIES = [
  ['limit=0', 'limit'],
  ['limit=1001', 'limit'],
  ['limit=ten', 'limit'],
  ['limit=1.5', 'limit'],
  ['limit=0x10', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['cursor=nonsense', 'cursor'],
  ['cursor=', 'cursor'],
  ['colour=red', 'colour'],
] as const

test.for(LISTS)('%s refuses a bad query by its field', async (id) => {
  for (const [query, field] of BAD_QUERIES) {
    const { errors } = await service.api.no(id, { query }, 400, 'invalid')
    expect(
      errors?.map((error) => error.field),
      query
    ).toContain(field)
  }
})

test('a cursor of another list is refused', async () => {
  const { api } = service
  const { nextCursor } = await api.ok<Page<object>>('listVirtualFunctions', {
    query: { limit: 1 },
  })

  await api.no('listNamespaces', { query: { cursor: nextCursor } }, 400, 'invalid')
})
