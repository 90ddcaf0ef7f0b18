/** What is written of an operation's steps is what its entries say. */
import { expect, test } from 'vitest'
import { IdempotencyTaken } from '../../src/store/store.ts'
import { logged, operationRecord } from './rows.ts'
import { temporaryStore } from './temporary-store.ts'

test('a log entry changes what it names and nothing else', async () => {
  const store = await temporaryStore()
  await store.commit([{ write: 'createOperation', operation: operationRecord() }])
  const error = { step: 'bind-vfio', message: 'binding', causes: ['EBUSY'], detail: null }

  await store.commit([
    logged({
      operationId: 'operation-1',
      fence: 1,
      at: 'later',
      state: 'undoing',
      error,
      step: { index: 1, state: 'failed', error, output: { writes: 2 }, attempts: 1 },
    }),
  ])

  const before = operationRecord()
  expect(store.read.operation(null, 'operation-1')).toEqual({
    ...before,
    state: 'undoing',
    error,
    updatedAt: 'later',
    steps: [
      before.steps[0],
      { ...before.steps[1], state: 'failed', error, output: { writes: 2 }, attempts: 1 },
    ],
  })
})

test('what a refused transaction said of a step counts for nothing afterwards', async () => {
  const store = await temporaryStore()
  await store.commit([{ write: 'createOperation', operation: operationRecord() }])
  const key = {
    write: 'putIdempotencyKey',
    tenant: 'default',
    key: 'taken',
    requestHash: 'hash',
    operationId: null,
    at: 'now',
  } as const
  const entry = { operationId: 'operation-1', fence: 1, at: 'later' } as const
  const done = { index: 0, state: 'done', output: 'never' } as const
  await store.commit([key])

  const refused = store.commit([logged({ ...entry, step: done }), key])
  await expect(refused).rejects.toThrow(IdempotencyTaken)
  await store.commit([logged({ ...entry, step: { index: 1, state: 'running' } })])

  expect(store.read.operation(null, 'operation-1')?.steps).toMatchObject([
    { state: 'pending', output: null },
    { state: 'running' },
  ])
})

test('a step that is done and the next one that is intended are one entry', async () => {
  const store = await temporaryStore()
  const operation = operationRecord()
  await store.commit([{ write: 'createOperation', operation }])

  await store.commit([
    logged({
      operationId: 'operation-1',
      fence: 1,
      at: 'later',
      state: 'running',
      step: { index: 0, state: 'done', output: null, error: null, endedAt: 'later' },
      next: { index: 1, state: 'running', attempts: 1, startedAt: 'later' },
    }),
  ])

  const [first, second] = operation.steps
  expect(store.read.operation(null, 'operation-1')).toEqual({
    ...operation,
    updatedAt: 'later',
    steps: [
      { ...first, state: 'done', endedAt: 'later' },
      { ...second, state: 'running', attempts: 1, startedAt: 'later' },
    ],
  })
})

test('one that is tried again is known as such until a step of it goes on', async () => {
  const store = await temporaryStore()
  const operation = operationRecord({ state: 'stuck' })
  await store.commit([{ write: 'createOperation', operation }])
  const entry = { operationId: 'operation-1', fence: 2, at: 'later' } as const
  const retry = { actor: 'somebody', at: 'later' }
  const isRetried = () => store.read.operation(null, 'operation-1')?.retried

  const before = isRetried()
  await store.commit([logged({ ...entry, state: 'undoing', retry })])
  await store.commit([logged({ ...entry, state: 'undoing', waitsFor: ['operation-2'] })])
  const waiting = isRetried()
  await store.commit([logged({ ...entry, step: { index: 1, state: 'undoing' } })])

  expect([before, waiting, isRetried()]).toEqual([false, true, false])
})
