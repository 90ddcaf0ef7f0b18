/** What crosses to the writer's thread arrives as it was meant, whatever else is in the message. */
import { expect, test } from 'vitest'
import { applyEntry } from '../../src/saga/apply-entry.ts'
import type { LogEntry } from '../../src/saga/log.ts'
import { columnOf, KeptSteps, sentSteps } from '../../src/store/sent-steps.ts'
import { stepText } from '../../src/store/operation-columns.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import { unpackTransactions } from '../../src/store/wire-reading.ts'
import { packTransaction, type Wire } from '../../src/store/wire-writes.ts'
import { hostRow, logged, newEvent, operationRecord } from './rows.ts'
import { temporaryStore } from './temporary-store.ts'

const OF_ONE = { operationId: 'operation-1', fence: 1, at: 'later', leaseUntilMs: 9 }

test('transactions arrive in order, each with its own writes', () => {
  const wire: Wire = []
  const sent = sentSteps()
  const done: LogEntry = { ...OF_ONE, step: { index: 0, state: 'done', output: { n: 1 } } }
  const event = newEvent({ detail: { text: 'a "quoted" one' } })

  packTransaction(wire, 7, [{ write: 'putHost', row: hostRow() }, logged(done)], sent)
  packTransaction(wire, 8, [], sent)
  packTransaction(wire, 9, [{ write: 'appendEvent', event }], sent)

  const [first, ...others] = unpackTransactions(wire, new KeptSteps())
  const [host, entry] = first?.writes ?? []
  expect(first?.id).toBe(7)
  expect(host).toEqual({ write: 'putHost', row: hostRow() })
  expect(entry).toMatchObject({ write: 'goOn', id: 'operation-1', fence: 1, at: 'later' })
  expect(others).toEqual([
    { id: 8, writes: [] },
    { id: 9, writes: [{ write: 'appendEvent', event }] },
  ])
})

test('a transaction that cannot be packed leaves nothing in the message', () => {
  const wire: Wire = []
  const sent = sentSteps()
  packTransaction(wire, 1, [{ write: 'putHost', row: hostRow() }], sent)
  const before = [...wire]

  const cannotCross = newEvent({ detail: { sectors: 8n } as never })
  const pack = () =>
    packTransaction(
      wire,
      2,
      [
        { write: 'putHost', row: hostRow() },
        { write: 'appendEvent', event: cannotCross },
      ],
      sent
    )

  expect(pack).toThrow(TypeError)
  expect(wire).toEqual(before)
})

const RUNNING: LogEntry = { ...OF_ONE, step: { index: 1, state: 'running' } }

test('of an operation’s steps only those are sent that the writer has not been sent', async () => {
  const [sent, kept] = [sentSteps(), new KeptSteps()]
  const crossing = (write: StoreWrite) => {
    const wire: Wire = []
    packTransaction(wire, 1, [write], sent)
    const [{ writes } = { writes: [] }] = unpackTransactions(wire, kept)
    return { texts: wire.filter((value) => String(value).startsWith('{"name"')), writes }
  }
  const operation = operationRecord()
  const all = crossing({ write: 'createOperation', operation })
  const one = crossing(logged(RUNNING, operation))
  const after = applyEntry(operation, RUNNING)

  expect([all.texts.length, one.texts.length]).toEqual([2, 1])
  expect(one.writes).toMatchObject([
    { write: 'goOn', steps: columnOf(after.steps.map(stepText)) },
  ])
})

test('while steps are done their column keeps its size, so that its row stays in its place', async () => {
  const store = await temporaryStore()
  const [step] = operationRecord().steps
  if (!step) throw new Error('the operation has steps')
  const steps = Array.from({ length: 6 }, (_, n) => ({ ...step, name: `step-${n}` }))
  let record = operationRecord({ steps })
  await store.commit([{ write: 'createOperation', operation: record }])
  const lengths = new Set<number>()

  for (const [index] of steps.entries()) {
    const output = ['write /sys/bus/pci/devices/0000:3b:00.1/driver_override "vfio-pci"']
    const entry = {
      ...OF_ONE,
      step: { index, state: 'done', output, endedAt: record.createdAt },
    } as const
    await store.commit([logged(entry, record)])
    record = applyEntry(record, entry)
    lengths.add(columnOf(record.steps.map(stepText)).length)
  }

  expect(lengths.size).toBe(1)
  expect(store.read.operation(null, record.id)).toEqual(record)
})

test('after a transaction that was refused, or could not cross, all steps are sent again', async () => {
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

  await store.commit([logged(again, before)])

  expect(store.read.operation(null, operation.id)).toEqual(applyEntry(before, again))
})

test('steps are stored as their last entry left them, whatever is in their names and outputs', async () => {
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
    { ...OF_ONE, state: 'stuck', retry: undefined, waitsFor: [] },
  ]
  await store.commit([{ write: 'createOperation', operation }])

  let record = operation
  for (const entry of entries) {
    await store.commit([logged(entry, record)])
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
