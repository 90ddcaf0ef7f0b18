/** Drills with an Idempotency-Key: held once, though what holds them is outside of every transaction. */
import { createHash } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { canonicalJson } from '../../src/api/idempotency.ts'
import type { Page } from './call.ts'
import { emulatedService, PF } from './emulated-service.ts'
import { controllerAt, type Schemas } from './steps.ts'

type Drill = Schemas['Drill']

const EIO = { fault: 'errno', errno: 'EIO' } as const
const FAULT = { match: { call: 'write', path: '**/unbind' }, times: 1, kind: EIO } as const

test('with a key a drill is held once, and its answer outlives a restart', async () => {
  const first = await emulatedService({ drillsAllowed: true })
  let last = first
  onTestFinished(() => last.stop())
  const at = { path: { id: (await controllerAt(first.api, PF)).hostId } }
  const headers = { 'idempotency-key': 'once' }
  const call = { ...at, headers, body: { fault: FAULT } }
  const event = { event: 'controller-reset', address: '0000:77:00.0' }

  await first.api.no('startDrill', { ...at, headers, body: { event } }, 409, 'wrong-state')
  const drill = await first.api.ok<Drill>('startDrill', call)
  const again = await first.api.ok<Drill>('startDrill', call)
  const other = { ...call, body: { fault: { ...FAULT, times: 2 } } }
  await first.api.no('startDrill', other, 409, 'idempotency-conflict')
  const armed = await first.api.ok<Page<Drill>>('listDrills', at)
  last = await first.restarted()
  const afterwards = await last.api.ok<Drill>('startDrill', call)

  expect(again).toEqual(drill)
  expect(afterwards).toEqual(drill)
  expect(armed.items).toEqual([drill])
  const { items } = await last.api.ok<Page<Schemas['Event']>>('listEvents', {
    query: { limit: 1000 },
  })
  expect(items.filter(({ type }) => type === 'host.drill-armed')).toHaveLength(1)
}, 60_000)

test('a key whose request was never answered is refused, and nothing happens twice', async () => {
  const service = await emulatedService({ drillsAllowed: true })
  onTestFinished(() => service.stop())
  const { api, store } = service
  const { hostId } = await controllerAt(api, PF)
  const at = '2026-01-01T00:00:00.000Z'
  const request = {
    path: { id: hostId },
    headers: { 'idempotency-key': 'cut' },
    body: { fault: FAULT },
  }
  const requestHash = createHash('sha256')
    .update(`POST\n/v1/hosts/${hostId}/drills\n${canonicalJson(request.body)}`)
    .digest('hex')
  const tenant = 'default'
  await store.commit([
    { write: 'putIdempotencyKey', tenant, key: 'cut', requestHash, operationId: null, at },
  ])

  const problem = await api.no('startDrill', request, 409, 'idempotency-conflict')

  expect(problem.detail).toContain('has no answer')
  expect((await api.ok<Page<Drill>>('listDrills', { path: { id: hostId } })).items).toEqual(
    []
  )
}, 60_000)
