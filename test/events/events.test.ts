import { expect, test } from 'vitest'
import { ADMIN } from '../../src/access/caller.ts'
import type { Caller } from '../../src/access/caller.ts'
import { EVENT_KEYS } from '../../src/events/catalogue.ts'
import { createEvents, eventWrite } from '../../src/events/events.ts'
import { tellingOfOperations } from '../../src/events/operation-events.ts'
import type { EventRow } from '../../src/store/rows.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import { logged, operationRecord } from '../store/rows.ts'
import { temporaryStore } from '../store/temporary-store.ts'

const AT = '2026-01-01T00:00:00.000Z'
const BLUE: Caller = { actor: 'someone', tenant: 'blue', roles: ['operator'] }

function appeared(hostname: string, tenant = 'default'): StoreWrite {
  const subject = { kind: 'host', id: hostname } as const
  return eventWrite({
    type: 'host.appeared',
    at: AT,
    hostId: hostname,
    subject,
    actor: 'system',
    tenant,
    operationId: null,
    detail: { hostname },
  })
}

test('an event is read as it was told, with its number', async () => {
  const store = await temporaryStore()

  await store.commit([appeared('rack1')])

  expect(createEvents(store).list(ADMIN, 0, 10)).toEqual([
    {
      number: 1,
      type: 'host.appeared',
      at: AT,
      hostId: 'rack1',
      subject: { kind: 'host', id: 'rack1' },
      actor: 'system',
      tenant: 'default',
      operationId: null,
      detail: { hostname: 'rack1' },
    },
  ])
})

test('whoever asks after the last number that it saw misses nothing and sees nothing twice', async () => {
  const store = await temporaryStore()
  const events = createEvents(store)
  await store.commit(Array.from({ length: 25 }, (_, n) => appeared(`rack${n}`)))

  const seen: number[] = []
  for (let page = events.list(ADMIN, 0, 10); page.length > 0;) {
    seen.push(...page.map(({ number }) => number))
    page = events.list(ADMIN, seen.at(-1) ?? 0, 10)
  }

  expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => n + 1))
})

test('a tenant sees its own events, in lists and as they come', async () => {
  const store = await temporaryStore()
  const events = createEvents(store)
  const told: EventRow[] = []
  const stop = events.subscribe(BLUE, (some) => told.push(...some))

  await store.commit([appeared('rack1', 'red'), appeared('rack2', 'blue')])
  await store.commit([appeared('rack3', 'red')])
  stop()
  await store.commit([appeared('rack4', 'blue')])

  const named = (some: readonly EventRow[]) => some.map(({ hostId }) => hostId)
  expect(named(told)).toEqual(['rack2'])
  expect(named(events.list(BLUE, 0, 10))).toEqual(['rack2', 'rack4'])
  expect(named(events.list(ADMIN, 0, 10))).toEqual(['rack1', 'rack2', 'rack3', 'rack4'])
})

test('operations tell of their beginning, their blocks and their end, and of nothing in between', async () => {
  const plain = await temporaryStore()
  const store = tellingOfOperations(plain)
  const entry = { operationId: 'operation-1', fence: 1, at: AT }
  const error = { step: 'b', message: 'no', causes: [], detail: null }

  await store.commit([
    { write: 'createOperation', operation: operationRecord({ tenant: 'blue' }) },
  ])
  await store.commit([logged({ ...entry, step: { index: 0, state: 'running' } })])
  await store.commit([logged({ ...entry, leaseUntilMs: 9 })])
  await store.commit([logged({ ...entry, state: 'blocked', blocked: { pid: 7 } })])
  await store.commit([logged({ ...entry, state: 'undoing', error })])
  await store.commit([logged({ ...entry, state: 'undone', error })])

  const told = createEvents(store).list(BLUE, 0, 10)
  expect(told.map(({ type, detail }) => ({ type, detail }))).toEqual([
    { type: 'operation.created', detail: { workflow: 'assign-function' } },
    {
      type: 'operation.blocked',
      detail: { workflow: 'assign-function', blocked: { pid: 7 } },
    },
    { type: 'operation.undone', detail: { workflow: 'assign-function', error } },
  ])
  expect(
    told.every(({ operationId, actor }) => operationId && actor === 'token:admin')
  ).toBe(true)
})

test('an operation that is not created tells nothing', async () => {
  const store = tellingOfOperations(await temporaryStore())
  const operation = operationRecord()
  await store.commit([{ write: 'createOperation', operation }])

  const again = store.commit([{ write: 'createOperation', operation }])

  await expect(again).rejects.toThrow()
  expect(store.read.lastEventNumber()).toBe(1)
})

test('what cannot be read of an operation is a refused commit, which its engine tries again', async () => {
  const plain = await temporaryStore()
  const operation = () => {
    throw new Error('disk I/O error')
  }
  const store = tellingOfOperations({ ...plain, read: { ...plain.read, operation } })
  const entry = { operationId: 'operation-1', fence: 1, at: AT, state: 'stuck' } as const

  const refused = store.commit([logged(entry)])

  await expect(refused).rejects.toThrow('disk I/O error')
})

test('types of events are a kind of resource and what happened to it', () => {
  const malformed = Object.keys(EVENT_KEYS).filter(
    (type) =>
      !/^(host|controller|virtual-function|namespace|assignment|operation)\.[a-z-]+$/.test(
        type
      )
  )

  expect(malformed).toEqual([])
})
