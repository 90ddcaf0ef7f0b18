/** Declared VFs over HTTP: set, shown until they are so, kept, taken back; and what is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Page } from './call.ts'
import { emulatedService, PF, PLAIN, type EmulatedService } from './emulated-service.ts'
import {
  assignmentOf,
  controllerAt,
  namespaceOf,
  provisionedVfs,
  succeeded,
} from './steps.ts'
import type { Operation, Schemas } from './steps.ts'

type Policy = Schemas['VirtualFunctionPolicy']

let service: EmulatedService
let pf: Schemas['Controller']
let plain: Schemas['Controller']
beforeAll(async () => {
  service = await emulatedService()
  pf = await controllerAt(service.api, PF)
  plain = await controllerAt(service.api, PLAIN)
}, 60_000)
afterAll(() => service.stop(), 60_000)

const WITHIN_MS = 60_000
const TWO = { count: 2, vq: { weights: [2, 1], maximum: 6 }, vi: { each: 3 } }

const get = () =>
  service.api.ok<Policy>('getVirtualFunctionPolicy', { path: { id: pf.id } })
const listPolicies = (query: { hostId?: string }) =>
  service.api.ok<Page<Policy>>('listVirtualFunctionPolicies', { query })
const declare = (body: object) =>
  service.api.ok<Policy>('declareVirtualFunctions', { path: { id: pf.id }, body })
const converged = () =>
  eventually(
    'as declared',
    async () => ((await get()).converged ? get() : undefined),
    WITHIN_MS
  )

test(
  'VFs are declared, come by themselves, wait for who uses them, and stay when that ends',
  { timeout: 180_000 },
  async () => {
    const { api } = service
    const { id: namespace } = await namespaceOf(api, pf.subsystemNqn, 2)

    const first = await declare({ ...TWO, namespaceIds: [[namespace]] })
    const made = await converged()
    const listed = await listPolicies({ hostId: pf.hostId })
    const [vf] = await provisionedVfs(api, pf.id)
    const body = {
      virtualFunctionId: vf?.id,
      consumer: 'vm-7',
      accept: ['not-tenant-safe'],
    }
    await succeeded(api, await api.ok<Operation>('createAssignment', { body }))
    await declare({ ...TWO, count: 0, vq: {} })
    const waiting = await eventually(
      'waiting',
      async () => {
        const now = await get()
        return now.virtualFunctions.length === 1 ? now : undefined
      },
      WITHIN_MS
    )
    const path = { id: (await assignmentOf(api, vf?.id ?? '')).id }
    const release = { path, body: { acceptUncleaned: true } }
    await succeeded(api, await api.ok<Operation>('releaseAssignment', release))
    const none = await converged()
    const last = await api.ok<Policy>('undeclareVirtualFunctions', { path: { id: pf.id } })

    expect(first).toMatchObject({ ...TWO, driver: 'none', namespaceIds: [[namespace]] })
    expect(made.virtualFunctions).toMatchObject([
      {
        vfNumber: 1,
        desired: { vq: 6, vi: 3, namespaceIds: [namespace], driver: null },
        actual: { vq: 6, vi: 3, namespaceIds: [namespace], driver: null, state: 'online' },
        state: 'as-declared',
        reason: null,
      },
      { vfNumber: 2, desired: { vq: 6 }, actual: { vq: 6 }, state: 'as-declared' },
    ])
    expect(listed).toEqual({ items: [made], nextCursor: null })
    expect(await listPolicies({ hostId: 'nobody' })).toMatchObject({ items: [] })
    expect(await listPolicies({})).toMatchObject({ items: [] })
    expect(waiting.virtualFunctions).toMatchObject([
      {
        id: vf?.id,
        desired: null,
        state: 'waiting',
        reason: 'VF 1 is assigned to vm-7',
        remedy: 'Release it first.',
      },
    ])
    expect(none.virtualFunctions).toEqual([])
    expect(last).toMatchObject({ count: 0, converged: true })
    const { items } = await api.ok<Page<Schemas['Event']>>('listEvents', {
      query: { limit: 500 },
    })
    const told = items.filter(({ type }) => type.endsWith('declared'))
    expect(told.map(({ type, subject }) => [type, subject.id])).toEqual([
      ['controller.virtual-functions-declared', pf.id],
      ['controller.virtual-functions-declared', pf.id],
      ['controller.virtual-functions-undeclared', pf.id],
    ])
  }
)

test(
  'what is declared is there after nvirt was started again',
  { timeout: 120_000 },
  async () => {
    await declare(TWO)
    await converged()

    service = await service.restarted()

    expect((await converged()).virtualFunctions).toHaveLength(2)
    const path = { id: pf.id }
    const { api } = service
    const body = { virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: [] }] }
    const { refusals } = await api.no(
      'provisionVirtualFunctions',
      { path, body },
      409,
      'guard'
    )
    expect(refusals).toMatchObject([{ check: 'virtual-functions-declared' }])
    await declare({ ...TWO, count: 0, vq: {} })
    await converged()
    await api.ok<Policy>('undeclareVirtualFunctions', { path })
  }
)

test('what cannot be declared is refused with what there is', async () => {
  const { api } = service
  const path = { id: pf.id }
  const of = (body: object) => ({ path, body: { ...TWO, ...body } })

  const short = await api.no(
    'declareVirtualFunctions',
    of({ count: 8, vq: { minimum: 5 } }),
    507,
    'insufficient-resources'
  )
  const many = await api.no(
    'declareVirtualFunctions',
    of({ count: 9, vq: {} }),
    507,
    'insufficient-resources'
  )
  const other = { path: { id: plain.id }, body: TWO }
  const plainOne = await api.no('declareVirtualFunctions', other, 409, 'guard')

  expect(short).toMatchObject({ resource: 'vq', requested: 40, available: 32 })
  expect(many).toMatchObject({ resource: 'virtual functions', requested: 9, available: 8 })
  expect(plainOne.refusals).toMatchObject([{ check: 'not-a-primary', device: PLAIN }])
})

test('what is not there is neither shown nor declared nor taken back', async () => {
  const { api } = service
  const nobody = { path: { id: 'nobody' } }
  const undeclared = { path: { id: pf.id } }

  await api.no('declareVirtualFunctions', { ...nobody, body: TWO }, 404, 'not-found')
  for (const call of [nobody, undeclared]) {
    await api.no('getVirtualFunctionPolicy', call, 404, 'not-found')
    await api.no('undeclareVirtualFunctions', call, 404, 'not-found')
  }
})
