/** What crosses to the writer's thread arrives as it was meant, whatever else is in the message. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { applyEntry } from '../../src/saga/apply-entry.ts'
import type { LogEntry } from '../../src/saga/log.ts'
import { unpackTransactions } from '../../src/store/wire-reading.ts'
import { packTransaction, type Wire } from '../../src/store/wire-writes.ts'
import { hostRow, logged, newEvent, operationRecord } from './rows.ts'
import { temporaryFolder, temporaryStore } from './temporary-store.ts'

const OF_ONE = { operationId: 'operation-1', fence: 1, at: 'later' }

test('transactions arrive in order, each with its own writes', () => {
  const wire: Wire = []
  const done: LogEntry = { ...OF_ONE, step: { index: 0, state: 'done', output: { n: 1 } } }
  const event = newEvent({ detail: { text: 'a "quoted" one' } })

  packTransaction(wire, 7, [{ write: 'putHost', row: hostRow() }, logged(done)])
  packTransaction(wire, 8, [])
  packTransaction(wire, 9, [{ write: 'appendEvent', event }])

  const [first, ...others] = unpackTransactions(wire)
  const [host, entry] = first?.writes ?? []
  expect(first?.id).toBe(7)
  expect(host).toEqual({ write: 'putHost', row: hostRow() })
  expect(entry).toEqual({
    write: 'goOn',
    id: 'operation-1',
    fence: 1,
    entry: JSON.stringify({ at: 'later', step: done.step }),
  })
  expect(others).toEqual([
    { id: 8, writes: [] },
    { id: 9, writes: [{ write: 'appendEvent', event }] },
  ])
})

test('a transaction that cannot be packed leaves nothing in the message', () => {
  const wire: Wire = []
  packTransaction(wire, 1, [{ write: 'putHost', row: hostRow() }])
  const before = [...wire]

  const cannotCross = newEvent({ detail: { sectors: 8n } as never })
  const pack = () =>
    packTransaction(wire, 2, [
      { write: 'putHost', row: hostRow() },
      { write: 'appendEvent', event: cannotCross },
    ])

  expect(pack).toThrow(TypeError)
  expect(wire).toEqual(before)
})

const RUNNING: LogEntry = { ...OF_ONE, step: { index: 1, state: 'running' } }

test('an entry of steps alone adds a row to the log and leaves the operation’s own as it is', async () => {
  const folder = temporaryFolder()
  const store = await temporaryStore(folder)
  const operation = operationRecord()
  await store.commit([{ write: 'createOperation', operation }])
  const before = rowsIn(folder, 'Operation')

  await store.commit([logged(RUNNING)])

  expect(rowsIn(folder, 'Operation')).toEqual(before)
  expect(rowsIn(folder, 'StepEntry')).toHaveLength(1)
  expect(store.read.operation(null, operation.id)).toEqual(applyEntry(operation, RUNNING))
})

test('of what a step says for hours of how far it is, one row is kept', async () => {
  const folder = temporaryFolder()
  const store = await temporaryStore(folder)
  let record = operationRecord()
  const say = async (entry: LogEntry) => {
    await store.commit([logged(entry)])
    record = applyEntry(record, entry)
  }
  await store.commit([{ write: 'createOperation', operation: record }])

  await say(RUNNING)
  for (const done of [1, 2, 3]) {
    const progress = { done, total: 3, unit: 'bytes', at: `${done}` } as const
    await say({ ...OF_ONE, step: { index: 1, progress } })
  }
  await say({ ...OF_ONE, step: { index: 1, state: 'done' } })

  expect(rowsIn(folder, 'StepEntry')).toHaveLength(3)
  expect(store.read.operation(null, record.id)).toEqual(record)
})

test('who lost an operation while it went on is refused its next entry', async () => {
  const store = await temporaryStore()
  const operation = operationRecord()
  const [id, now] = [operation.id, operation.leaseUntilMs]
  await store.commit([{ write: 'createOperation', operation }])
  await store.commit([logged(RUNNING)])
  const taken = { id, owner: 'other', leaseUntilMs: now + 1, nowMs: now } as const
  await store.commit([{ write: 'takeOverOperation', ...taken }])

  const late = store.commit([logged({ ...OF_ONE, step: { index: 1, state: 'done' } })])

  await expect(late).rejects.toMatchObject({ name: 'StaleFence' })
  const fence = operation.fence + 1
  await store.commit([logged({ ...OF_ONE, fence, step: { index: 1, state: 'failed' } })])
  expect(store.read.operation(null, id)?.steps[1]?.state).toBe('failed')
})

test('of a takeover and an entry of who lost it, asked for together, the first counts', async () => {
  const store = await temporaryStore()
  const operation = operationRecord()
  const [id, now] = [operation.id, operation.leaseUntilMs]
  await store.commit([{ write: 'createOperation', operation }])
  await store.commit([logged(RUNNING)])
  const taken = { id, owner: 'other', leaseUntilMs: now + 1, nowMs: now } as const

  const [fence, late] = await Promise.allSettled([
    store.commit([{ write: 'takeOverOperation', ...taken }]),
    store.commit([logged({ ...OF_ONE, step: { index: 1, state: 'done' } })]),
  ])

  expect(fence).toMatchObject({ value: { fence: operation.fence + 1 } })
  expect(late).toMatchObject({ reason: { name: 'StaleFence' } })
  expect(store.read.operation(null, id)?.steps[1]?.state).toBe('running')
})

test('what a retry makes of steps whose undo failed is read back', async () => {
  const store = await temporaryStore()
  const request = { actor: 'demo', at: 'now' }
  let record = operationRecord()
  await store.commit([{ write: 'createOperation', operation: record }])
  const entries: readonly LogEntry[] = [
    { ...OF_ONE, state: 'undoing', step: { index: 1, state: 'undo-failed' } },
    { ...OF_ONE, state: 'stuck' },
    { ...OF_ONE, fence: 2, state: 'undoing', retry: request },
  ]
  for (const entry of entries) {
    await store.commit([logged(entry)])
    record = applyEntry(record, entry)
  }

  expect(record.steps[1]?.state).toBe('undoing')
  expect(store.read.operation(null, record.id)).toEqual(record)
})

test('an operation whose beginning was rolled back is not there for its next entry', async () => {
  const store = await temporaryStore()
  const operation = operationRecord()
  const key = {
    write: 'putIdempotencyKey',
    tenant: 'default',
    key: 'taken',
    requestHash: 'hash',
    operationId: null,
    at: 'now',
  } as const
  await store.commit([key])
  const create = { write: 'createOperation', operation } as const
  await expect(store.commit([create, logged(RUNNING), key])).rejects.toThrow()
  await store.commit([{ ...create, operation: { ...operation, id: 'another' } }])

  const late = store.commit([logged(RUNNING)])

  await expect(late).rejects.toMatchObject({ problem: { kind: 'refused' } })
  expect(store.read.operation(null, 'another')?.steps).toEqual(operation.steps)
})

test('what was refused, or could not cross, counts for nothing in the entries after it', async () => {
  const store = await temporaryStore()
  const operation = operationRecord()
  await store.commit([{ write: 'createOperation', operation }])
  const notStored = { ...OF_ONE, step: { index: 0, state: 'failed' } } as const
  const late = store.commit([logged({ ...notStored, fence: 0 })])
  await expect(late).rejects.toMatchObject({ name: 'StaleFence' })
  const event = newEvent({ detail: { sectors: 8n } as never })
  const cannotCross = store.commit([logged(notStored), { write: 'appendEvent', event }])
  await expect(cannotCross).rejects.toThrow()

  await store.commit([logged(RUNNING)])

  expect(store.read.operation(null, operation.id)).toEqual(applyEntry(operation, RUNNING))
})

test('an operation that ended stuck and is tried again goes on from its own steps', async () => {
  const store = await temporaryStore()
  const operation = operationRecord()
  const stuck: LogEntry = { ...RUNNING, state: 'stuck' }
  const again: LogEntry = { ...OF_ONE, state: 'running', step: { index: 0, state: 'done' } }
  await store.commit([{ write: 'createOperation', operation }])
  await store.commit([logged(stuck)])
  const before = applyEntry(operation, stuck)

  await store.commit([logged(again)])

  expect(store.read.operation(null, operation.id)).toEqual(applyEntry(before, again))
})

test('steps are stored as their last entry left them, whatever is in their names, times and outputs', async () => {
  const store = await temporaryStore()
  const [first, second] = operationRecord().steps
  if (!first || !second) throw new Error('the operation has two steps')
  const operation = operationRecord({
    steps: [
      { ...first, name: 'a "quoted" \\ step' },
      { ...second, name: 'ein Schritt über zwei\nZeilen' },
    ],
  })
  const error = { step: 'b', message: 'no "such" thing', causes: ['\u0000'], detail: null }
  const entries: readonly LogEntry[] = [
    { ...OF_ONE, step: { index: 0, state: 'running', attempts: 1, startedAt: 'then' } },
    {
      ...OF_ONE,
      step: { index: 0, state: 'done', output: ['ü', { n: 2 }], endedAt: 'now' },
      next: { index: 1, state: 'running', attempts: 1, startedAt: 'now' },
    },
    { ...OF_ONE, state: 'undoing', error, step: { index: 1, state: 'failed', error } },
    {
      ...OF_ONE,
      at: 'later "time"',
      step: { index: 0, state: 'undo-failed', endedAt: '\n' },
    },
    { ...OF_ONE, step: { index: 0, error: null, startedAt: 'a "time"' } },
    { ...OF_ONE, state: 'stuck', retry: undefined, waitsFor: [] },
  ]
  await store.commit([{ write: 'createOperation', operation }])

  let record = operation
  for (const entry of entries) {
    await store.commit([logged(entry)])
    record = applyEntry(record, entry)
    expect(store.read.operation(null, operation.id)).toEqual(record)
  }
})

test('a late good end of an operation that somebody wants undone is refused', async () => {
  const store = await temporaryStore()
  const cancelRequest = { actor: 'demo', at: 'now' }
  await store.commit([{ write: 'createOperation', operation: operationRecord() }])
  await store.commit([logged({ ...OF_ONE, cancelRequest })])
  const done = { index: 1, state: 'done', output: null } as const

  const late = store.commit([
    logged({ ...OF_ONE, state: 'succeeded', blocked: null, waitsFor: [], step: done }),
  ])

  await expect(late).rejects.toMatchObject({ name: 'Cancelled', request: cancelRequest })
  expect(store.read.operation(null, 'operation-1')).toMatchObject({ state: 'running' })
})

test('an entry of an operation that is not there is refused, and so is one of a former owner', async () => {
  const store = await temporaryStore()
  const step = { index: 0, state: 'running' } as const
  const nobody = store.commit([logged({ ...OF_ONE, operationId: 'nobody', step })])
  await expect(nobody).rejects.toMatchObject({ problem: { kind: 'refused' } })

  await store.commit([
    { write: 'createOperation', operation: operationRecord({ fence: 2 }) },
  ])
  const former = store.commit([logged({ ...OF_ONE, step })])

  await expect(former).rejects.toMatchObject({ name: 'StaleFence' })
})

function rowsIn(folder: string, table: string): readonly unknown[] {
  const db = new Database(join(folder, 'nvirt.db'), { readonly: true })
  onTestFinished(() => void db.close())
  return db.prepare(`SELECT * FROM "${table}"`).all()
}
