import { expect, test } from 'vitest'
import type { SmartSummary } from '../../src/host/observation.ts'
import {
  assignmentRow,
  controllerAnswer,
  controllerRow,
  hostRow,
  newEvent,
  operationRecord,
  withInventory,
} from './rows.ts'
import { temporaryStore } from './temporary-store.ts'

const FIRST = { after: null, limit: 100 }

test('pages meet without a gap or a repetition', async () => {
  const store = await temporaryStore()
  const ids = Array.from({ length: 25 }, (_, n) => `host-${String(n).padStart(2, '0')}`)
  await store.commit(ids.map((id) => ({ write: 'putHost', row: hostRow({ id }) })))

  const seen: string[] = []
  let after: string | null = null
  do {
    const page = store.read.hosts({ after, limit: 10 })
    seen.push(...page.items.map(({ id }) => id))
    after = page.next
  } while (after !== null)

  expect(seen).toEqual(ids)
})

test('a page that ends with the list has no next one', async () => {
  const store = await temporaryStore()
  await store.commit([{ write: 'putHost', row: hostRow() }])

  expect(store.read.hosts({ after: null, limit: 1 }).next).toBeNull()
})

test('what belongs to another tenant is not found', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  await store.commit([
    { write: 'createOperation', operation: operationRecord({ tenant: 'blue' }) },
    { write: 'putAssignment', row: assignmentRow({ tenant: 'blue' }) },
    { write: 'appendEvent', event: newEvent({ tenant: 'blue' }) },
  ])

  const seenBy = (tenant: string | null) => [
    store.read.operation(tenant, 'operation-1')?.id,
    store.read.operations({ tenant }, FIRST).items.length,
    store.read.assignment(tenant, 'assignment-1')?.id,
    store.read.assignments(tenant, FIRST).items.length,
    store.read.events(tenant, 0, 10).length,
  ]

  expect(seenBy('red')).toEqual([undefined, 0, undefined, 0, 0])
  expect(seenBy('blue')).toEqual(['operation-1', 1, 'assignment-1', 1, 1])
  expect(seenBy(null)).toEqual(seenBy('blue'))
})

test('an assignment stands until it is released or has failed', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  await store.commit([
    { write: 'putAssignment', row: assignmentRow({ state: 'quarantined' }) },
  ])
  const standing = () => store.read.standingAssignment('vf-1')?.id

  const quarantined = standing()
  await store.commit([
    {
      write: 'updateAssignment',
      id: 'assignment-1',
      set: { state: 'released' },
      at: 'later',
    },
  ])

  expect([quarantined, standing()]).toEqual(['assignment-1', undefined])
})

test('operations that have not ended are read without their steps, and their parameters once', async () => {
  const store = await temporaryStore()
  const params = { hostId: 'host-1' }
  await store.commit([
    { write: 'createOperation', operation: operationRecord({ id: 'a', params }) },
    {
      write: 'createOperation',
      operation: operationRecord({ id: 'b', state: 'succeeded' }),
    },
    { write: 'createOperation', operation: operationRecord({ id: 'c', state: 'blocked' }) },
  ])

  const open = store.read.openOperations()
  const again = store.read.openOperations()

  expect(open.map(({ id }) => id)).toEqual(['a', 'c'])
  expect(open[0]).not.toHaveProperty('steps')
  expect(again[0]?.params).toBe(open[0]?.params)
})

test('of health there is what each present controller said last', async () => {
  const store = await temporaryStore()
  const health = (percentageUsed: number): SmartSummary => ({
    criticalWarning: 0,
    temperatureKelvin: 311,
    availableSparePercent: 100,
    percentageUsed,
    dataUnitsRead: '1',
    dataUnitsWritten: '2',
    powerOnHours: '3',
    mediaErrors: '0',
  })
  const answer = (percentageUsed: number) => ({
    ...controllerAnswer(),
    health: health(percentageUsed),
  })
  const row = (id: string, set: Parameters<typeof controllerRow>[0]) =>
    controllerRow({ id, hostId: 'host-a', ...set })
  const answering = answer(1)
  const { observation } = controllerRow()
  await store.commit([
    { write: 'putHost', row: hostRow({ id: 'host-a' }) },
    {
      write: 'reconcile',
      controllers: [
        row('answers', {
          observation: { ...observation, controller: answering },
          lastController: answering,
        }),
        row('given away', {
          observation: { ...observation, controller: null },
          lastController: answer(2),
        }),
        row('never answered', { lastController: null }),
        row('says nothing', { lastController: controllerAnswer() }),
        row('gone', { present: false, lastController: answer(3) }),
      ],
      virtualFunctions: [],
      namespaces: [],
    },
  ])

  expect(store.read.healthOf('host-a')).toEqual([
    { controllerId: 'answers', health: health(1) },
    { controllerId: 'given away', health: health(2) },
  ])
  expect(store.read.healthOf('host-b')).toEqual([])
})

test.for([
  ['exclusively what it holds', { exclusive: ['vf-1'], shared: [] }, ['1', '3']],
  ['together what it holds alone', { exclusive: [], shared: ['vf-1'] }, ['1', '3']],
  ['alone what it shares', { exclusive: ['pf-1'], shared: [] }, ['1', '3']],
  ['together what it shares', { exclusive: [], shared: ['pf-1'] }, [undefined, undefined]],
  ['something else', { exclusive: ['vf-2'], shared: [] }, [undefined, undefined]],
] as const)(
  'of those that hold %s, the first that was created since is found',
  async ([, held, found]) => {
    const store = await temporaryStore()
    const holds = { exclusive: ['vf-1'], shared: ['pf-1'] }
    const rows = [
      { id: '5', params: { holds: held } },
      { id: '4', params: { holds } },
      { id: '2', params: { holds: held }, state: 'undone' },
      { id: '1', params: { holds: held }, state: 'succeeded' },
      { id: '3', params: { holds: held } },
      { id: '0', params: null },
      { id: '6', params: { holds: 'vf-1' } },
    ] as const
    for (const row of rows)
      await store.commit([{ write: 'createOperation', operation: operationRecord(row) }])

    const since = (id: string) => store.read.firstSince(id, holds)

    expect([since('4')?.id, since('1')?.id]).toEqual(found)
    expect([since('3'), since('nobody')]).toEqual([undefined, undefined])
    expect(since('4') ?? {}).not.toHaveProperty('steps')
  }
)

test('operations of a workflow are read in the order in which they were created', async () => {
  const store = await temporaryStore()
  const rows = [
    { id: 'c', workflow: 'resize-primary', state: 'succeeded' },
    { id: 'b', workflow: 'assign-function', state: 'stuck' },
    { id: 'a', workflow: 'resize-primary', state: 'stuck' },
  ] as const
  for (const row of rows)
    await store.commit([{ write: 'createOperation', operation: operationRecord(row) }])

  const workflow = 'resize-primary'
  const all = store.read.operationsInOrder({ workflow })
  const stuck = store.read.operationsInOrder({ workflow, states: ['waiting', 'stuck'] })

  expect(all.map(({ id }) => id)).toEqual(['c', 'a'])
  expect(stuck.map(({ id }) => id)).toEqual(['a'])
  expect(stuck[0]?.steps).toHaveLength(2)
})
