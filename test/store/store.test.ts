import { expect, test } from 'vitest'
import { StaleFence } from '../../src/saga/log.ts'
import type { EventRow } from '../../src/store/rows.ts'
import { IdempotencyTaken } from '../../src/store/store.ts'
import {
  assignmentRow,
  controllerAnswer,
  controllerRow,
  hostRow,
  namespaceRow,
  newEvent,
  logged,
  operationRecord,
  virtualFunctionRow,
  withInventory,
} from './rows.ts'
import { temporaryFolder, temporaryStore } from './temporary-store.ts'

test('every row is read as it was written', async () => {
  const store = await temporaryStore()
  await withInventory(store)

  await store.commit([
    { write: 'createOperation', operation: operationRecord() },
    { write: 'putAssignment', row: assignmentRow() },
  ])

  expect(store.read.host('host-a')).toEqual(hostRow())
  expect(store.read.inventoryOf('host-a')).toEqual({
    controllers: [{ ...controllerRow(), sriovBefore: null }],
    virtualFunctions: [{ ...virtualFunctionRow(), provisioned: null }],
    namespaces: [namespaceRow()],
  })
  expect(store.read.operation(null, 'operation-1')).toEqual(operationRecord())
  expect(store.read.assignment(null, 'assignment-1')).toEqual(assignmentRow())
})

test('a controller that answered the scan is kept once, and read as what it last answered', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  const row = controllerRow()
  const answered = controllerAnswer()
  const observation = { ...row.observation, controller: answered }

  await store.commit([
    {
      write: 'reconcile',
      controllers: [{ ...row, observation, lastController: answered }],
      virtualFunctions: [],
      namespaces: [],
    },
  ])

  const read = store.read.controller(row.id)
  expect(read?.lastController).toEqual(answered)
  expect(read?.lastController).toBe(read?.observation.controller)
})

test('rows are still there after the store is opened again', async () => {
  const folder = temporaryFolder()
  const first = await temporaryStore(folder)
  await withInventory(first)
  await first.close()

  const second = await temporaryStore(folder)

  expect(second.read.host('host-a')).toEqual(hostRow())
})

test('a scan leaves alone what it does not know', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  const provisioned = {
    vq: 4,
    vi: 4,
    nsids: [1],
    driver: 'none',
    tenant: 'default',
    operationId: 'operation-1',
    at: '2026-01-01T00:00:00.000Z',
  } as const
  await store.commit([
    {
      write: 'setSriovBefore',
      controllerId: 'controller-a',
      before: { vfCount: 0, autoprobe: true },
    },
    { write: 'setProvisioned', virtualFunctionId: 'vf-1', provisioned },
  ])

  await store.commit([
    {
      write: 'reconcile',
      controllers: [controllerRow({ address: '0000:05:00.0' })],
      virtualFunctions: [virtualFunctionRow({ secondaryState: 'online', vq: 4, vi: 4 })],
      namespaces: [],
    },
  ])

  expect(store.read.controller('controller-a')).toMatchObject({
    address: '0000:05:00.0',
    sriovBefore: { vfCount: 0, autoprobe: true },
  })
  expect(store.read.virtualFunction('vf-1')).toMatchObject({
    secondaryState: 'online',
    provisioned,
  })
})

test('a transaction that fails leaves nothing, and the others of its group commit', async () => {
  const store = await temporaryStore()
  await withInventory(store)

  const [first, failing, last] = await Promise.allSettled([
    store.commit([{ write: 'appendEvent', event: newEvent({ type: 'first' }) }]),
    store.commit([
      { write: 'appendEvent', event: newEvent({ type: 'failing' }) },
      { write: 'putHost', row: hostRow({ hostname: 'half-way' }) },
      { write: 'setProvisioned', virtualFunctionId: 'nobody', provisioned: null },
    ]),
    store.commit([{ write: 'appendEvent', event: newEvent({ type: 'last' }) }]),
  ])

  expect([first?.status, failing?.status, last?.status]).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(store.read.events(null, 0, 10).map(({ type }) => type)).toEqual(['first', 'last'])
  expect(store.read.host('host-a')?.hostname).toBe('rack1')
})

test('an idempotency key is taken once, with the operation of its transaction', async () => {
  const store = await temporaryStore()
  const start = (id: string) =>
    store.commit([
      { write: 'createOperation', operation: operationRecord({ id }) },
      {
        write: 'putIdempotencyKey',
        tenant: 'default',
        key: 'k1',
        requestHash: `hash of ${id}`,
        operationId: id,
        at: '2026-01-01T00:00:00.000Z',
      },
    ])

  const [first, second] = await Promise.allSettled([
    start('operation-1'),
    start('operation-2'),
  ])

  expect(first?.status).toBe('fulfilled')
  expect(second).toMatchObject({ status: 'rejected', reason: expect.any(IdempotencyTaken) })
  expect(store.read.operation(null, 'operation-2')).toBeUndefined()
  expect(store.read.idempotencyKey('default', 'k1')).toEqual({
    requestHash: 'hash of operation-1',
    operationId: 'operation-1',
    answer: null,
  })
  expect(store.read.idempotencyKey('another', 'k1')).toBeUndefined()
})

test('a key without an operation keeps the answer that it is given, or is free again', async () => {
  const store = await temporaryStore()
  const take = (key: string) =>
    store.commit([
      {
        write: 'putIdempotencyKey',
        tenant: 'default',
        key,
        requestHash: 'hash',
        operationId: null,
        at: '2026-01-01T00:00:00.000Z',
      },
    ])
  const settle = (key: string, answer: { readonly id: string } | null) =>
    store.commit([{ write: 'settleIdempotencyKey', tenant: 'default', key, answer }])

  await take('k1')
  const before = store.read.idempotencyKey('default', 'k1')
  await settle('k1', { id: '1' })
  await take('k2')
  await settle('k2', null)

  expect(before).toEqual({ requestHash: 'hash', operationId: null, answer: null })
  expect(store.read.idempotencyKey('default', 'k1')?.answer).toEqual({ id: '1' })
  expect(store.read.idempotencyKey('default', 'k2')).toBeUndefined()
  await take('k2')
  await expect(take('k1')).rejects.toThrow('taken')
})

test('the log of a former owner is refused whole', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  await store.commit([{ write: 'createOperation', operation: operationRecord() }])
  const takeOver = (owner: string, nowMs: number) =>
    store.commit([
      {
        write: 'takeOverOperation',
        id: 'operation-1',
        owner,
        leaseUntilMs: nowMs + 30_000,
        nowMs,
      },
    ])

  const tooEarly = await takeOver('process-2', 29_999)
  const taken = await takeOver('process-2', 30_000)
  const stale = store.commit([
    logged({ operationId: 'operation-1', fence: 1, at: 'later', state: 'succeeded' }),
    { write: 'appendEvent', event: newEvent() },
  ])

  await expect(stale).rejects.toThrow(StaleFence)
  expect([tooEarly.fence, taken.fence]).toEqual([null, 2])
  expect(store.read.operation(null, 'operation-1')).toMatchObject({
    state: 'running',
    owner: 'process-2',
    fence: 2,
  })
  expect(store.read.lastEventNumber()).toBe(0)
})

test('events are told once each, in the order of their numbers, after they can be read', async () => {
  const store = await temporaryStore()
  const told: EventRow[] = []
  const readable: boolean[] = []
  store.onEvents((events) => {
    told.push(...events)
    readable.push(store.read.lastEventNumber() >= (events.at(-1)?.number ?? Infinity))
  })

  const commits = Array.from({ length: 200 }, (_, n) =>
    store.commit([
      { write: 'appendEvent', event: newEvent({ type: `a${n}` }) },
      { write: 'appendEvent', event: newEvent({ type: `b${n}` }) },
    ])
  )
  const results = await Promise.all(commits)

  expect(told).toEqual(store.read.events(null, 0, 1000))
  expect(told.map(({ number }) => number)).toEqual(told.map((_, index) => index + 1))
  expect(results.flatMap(({ events }) => events)).toEqual(told.map(({ number }) => number))
  expect(readable.every(Boolean)).toBe(true)
})
