/** What views are made of is what is stored, however often it was read before. */
import { expect, test } from 'vitest'
import { keptInventory, rowsForViews } from '../../src/store/kept-inventory.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import {
  assignmentRow,
  controllerRow,
  driftRow,
  hostRow,
  namespaceRow,
  virtualFunctionRow,
} from './rows.ts'
import { temporaryStore } from './temporary-store.ts'

const HOST = 'host-a'
const DRIFT = driftRow({ hostId: HOST })
const STANDING = assignmentRow({ hostId: HOST })
const OVER = assignmentRow({ id: 'over', hostId: HOST, state: 'failed' })
const { observation } = controllerRow()
const WITH_TAKEN = controllerRow({ observation: { ...observation, takenVfs: [1] } })

async function stored() {
  const store = await temporaryStore()
  await store.commit([
    { write: 'putHost', row: hostRow({ id: HOST }) },
    {
      write: 'reconcile',
      controllers: [WITH_TAKEN],
      virtualFunctions: [virtualFunctionRow()],
      namespaces: [namespaceRow()],
    },
    { write: 'putDrift', row: DRIFT },
    { write: 'putAssignment', row: STANDING },
    { write: 'putAssignment', row: OVER },
  ])
  return store
}

test('the same rows are the same value until one of them is written', async () => {
  const { read, commit } = await stored()
  const before = read.keptInventoryOf(HOST)

  await commit([{ write: 'putHost', row: hostRow({ id: HOST, observedAt: 'later' }) }])

  expect(read.keptInventoryOf(HOST)).toBe(before)
  expect(before).toEqual(rowsForViews(read, HOST))
  expect(before.drift).toHaveLength(1)
  expect(before.assignments).toHaveLength(1)
})

const smart = { criticalWarning: 4 } as never
const controllerId = controllerRow().id

test.each<StoreWrite>([
  {
    write: 'reconcile',
    controllers: [],
    virtualFunctions: [],
    namespaces: [namespaceRow({ present: false })],
  },
  { write: 'confirmScan', observedAt: 'later', health: [{ controllerId, health: smart }] },
  { write: 'setSriovBefore', controllerId, before: { vfCount: 3, autoprobe: true } },
  { write: 'forgetTakenVf', controllerId, vfNumber: 1 },
  {
    write: 'setProvisioned',
    virtualFunctionId: virtualFunctionRow().id,
    provisioned: {
      vq: 3,
      vi: 3,
      nsids: [],
      driver: 'none',
      tenant: 'default',
      operationId: 'o',
      at: 'now',
    },
  },
  { write: 'putDrift', row: { ...DRIFT, kind: 'moved' } },
  { write: 'deleteDrift', functionId: DRIFT.functionId, kind: DRIFT.kind },
  { write: 'putAssignment', row: { ...STANDING, id: 'another' } },
  { write: 'updateAssignment', id: STANDING.id, set: { state: 'released' }, at: 'later' },
  { write: 'updateAssignment', id: OVER.id, set: { state: 'ready' }, at: 'later' },
])('whoever asks after $write sees what was written', async (write) => {
  const { read, commit } = await stored()
  const before = read.keptInventoryOf(HOST)

  await commit([write])

  expect(read.keptInventoryOf(HOST)).not.toEqual(before)
  expect(read.keptInventoryOf(HOST)).toEqual(rowsForViews(read, HOST))
})

test('what was not asked for for long makes room', () => {
  const asked: string[] = []
  const rowsOf = (hostId: string) => {
    asked.push(hostId)
    const controllers = Array.from({ length: 6_000 }, (_, n) => ({
      ...controllerRow({ id: `${hostId} ${n}` }),
      sriovBefore: null,
    }))
    return {
      controllers,
      virtualFunctions: [],
      namespaces: [],
      drift: [],
      assignments: [],
    }
  }
  const kept = keptInventory({ rowsOf, assignment: () => undefined })

  for (const hostId of ['a', 'b', 'a', 'c', 'a', 'b']) kept.of(hostId)

  expect(asked).toEqual(['a', 'b', 'c', 'b'])
})

async function movedTo(other: string) {
  const store = await stored()
  const { read, commit } = store
  read.keptInventoryOf(HOST)
  await commit([
    { write: 'putHost', row: hostRow({ id: other, machineId: other }) },
    {
      write: 'reconcile',
      controllers: [controllerRow({ hostId: other })],
      virtualFunctions: [virtualFunctionRow({ hostId: other })],
      namespaces: [],
    },
  ])
  return store
}

test('an assignment is shown with its function on whatever host that is now', async () => {
  const { read } = await movedTo('host-b')

  expect(read.keptInventoryOf('host-b').assignments).toMatchObject([{ id: STANDING.id }])
  expect(read.keptInventoryOf(HOST)).toEqual(rowsForViews(read, HOST))
  expect(read.keptInventoryOf(HOST).virtualFunctions).toEqual([])
})

test('what is written of a function that has moved is seen, though its former host is forgotten', async () => {
  const { read, commit } = await movedTo('host-b')
  read.keptInventoryOf('host-b')
  await commit([{ write: 'putDrift', row: { ...DRIFT, kind: 'moved' } }]) // on HOST
  const before = { vfCount: 4, autoprobe: false }

  await commit([{ write: 'setSriovBefore', controllerId, before }])
  await commit([
    { write: 'updateAssignment', id: STANDING.id, set: { state: 'lost' }, at: 'later' },
  ])

  expect(read.keptInventoryOf('host-b')).toEqual(rowsForViews(read, 'host-b'))
  expect(read.keptInventoryOf('host-b')).toMatchObject({
    controllers: [{ sriovBefore: before }],
    assignments: [{ state: 'lost' }],
  })
})
