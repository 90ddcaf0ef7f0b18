import { expect, test } from 'vitest'
import type { VirtualFunctionPolicyRow } from '../../src/store/policy-row.ts'
import { controllerRow, hostRow, withInventory } from './rows.ts'
import { temporaryFolder, temporaryStore } from './temporary-store.ts'

const POLICY: VirtualFunctionPolicyRow = {
  controllerId: 'controller-a',
  request: { count: 1, vq: { weights: [1], maximum: 4 }, vi: { each: 2 } },
  virtualFunctions: [{ vq: 4, vi: 2, nsids: [1] }],
  actor: 'token:admin',
  tenant: 'default',
  at: '2026-01-01T00:00:00.000Z',
}
const put = { write: 'putVirtualFunctionPolicy', row: POLICY } as const
const drop = {
  write: 'deleteVirtualFunctionPolicy',
  controllerId: 'controller-a',
} as const

test('what is declared is there after the store is opened again, and the last word counts', async () => {
  const folder = temporaryFolder()
  const first = await temporaryStore(folder)
  await withInventory(first)
  const later = { ...POLICY, request: { ...POLICY.request, count: 0 } }
  await first.commit([put, { ...put, row: later }])
  await first.close()

  const again = await temporaryStore(folder)

  expect(again.read.virtualFunctionPolicy('controller-a')).toEqual(later)
  expect(again.read.virtualFunctionPoliciesOf('host-a')).toEqual([later])
})

test('what is declared is of the host that has the drive now, which is cared for', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  const isCaredFor = () => ['host-a', 'host-b'].map((id) => store.read.isCaredFor(id))
  const before = isCaredFor()
  await store.commit([put, { write: 'putHost', row: hostRow({ id: 'host-b' }) }])
  const declared = isCaredFor()

  await store.commit([
    {
      write: 'reconcile',
      controllers: [controllerRow({ hostId: 'host-b' })],
      virtualFunctions: [],
      namespaces: [],
    },
  ])

  expect([before, declared, isCaredFor()]).toEqual([
    [false, false],
    [true, false],
    [false, true],
  ])
  expect(store.read.virtualFunctionPoliciesOf('host-a')).toEqual([])
  expect(store.read.virtualFunctionPoliciesOf('host-b')).toEqual([POLICY])
})

test('what is declared is listed in pages, by tenant and by host', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  const others = ['controller-b', 'controller-c']
  await store.commit([
    put,
    { write: 'putHost', row: hostRow({ id: 'host-b' }) },
    {
      write: 'reconcile',
      controllers: others.map((id) => controllerRow({ id, hostId: 'host-b' })),
      virtualFunctions: [],
      namespaces: [],
    },
    ...others.map((controllerId) => {
      const row = { ...POLICY, controllerId, tenant: controllerId }
      return { ...put, row }
    }),
  ])
  const list = (tenant: string | null, hostId?: string, after: string | null = null) => {
    const filter = { tenant, ...(hostId !== undefined && { hostId }) }
    const { items, next } = store.read.virtualFunctionPolicies(filter, { after, limit: 2 })
    return [items.map(({ controllerId }) => controllerId), next]
  }

  expect(list(null)).toEqual([['controller-a', 'controller-b'], 'controller-b'])
  expect(list(null, undefined, 'controller-b')).toEqual([['controller-c'], null])
  expect(list(null, 'host-b')).toEqual([others, null])
  expect(list('controller-c', 'host-b')).toEqual([['controller-c'], null])
  expect(list('controller-c', 'host-a')).toEqual([[], null])
  expect(
    store.read.virtualFunctionPolicies({ tenant: 'default' }, { after: null, limit: 9 })
      .items
  ).toEqual([POLICY])
})

test('what is declared no more is gone, and a controller that nobody knows has nothing', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  await store.commit([put, drop])

  expect(store.read.virtualFunctionPolicy('controller-a')).toBeUndefined()
  expect(store.read.isCaredFor('host-a')).toBe(false)
  const foreign = { ...put, row: { ...POLICY, controllerId: 'nobody' } }
  await expect(store.commit([foreign])).rejects.toThrow()
})
