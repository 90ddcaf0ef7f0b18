/** What rows of a scan were made of: kept with them, and never longer. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { SmartSummary } from '../../src/host/observation.ts'
import type { Store, StoreWrite } from '../../src/store/store.ts'
import {
  assignmentRow,
  controllerAnswer,
  controllerRow,
  hostRow,
  namespaceRow,
  virtualFunctionRow,
} from './rows.ts'
import { temporaryFolder, temporaryStore } from './temporary-store.ts'

const NOTHING = { controllers: [], virtualFunctions: [], namespaces: [] }
const LATER = '2026-01-01T00:00:30.000Z'

const HEALTH: SmartSummary = {
  criticalWarning: 0,
  temperatureKelvin: 310,
  availableSparePercent: 100,
  percentageUsed: 1,
  dataUnitsRead: '340282366920938463463374607431768211455',
  dataUnitsWritten: '1',
  powerOnHours: '1',
  mediaErrors: '0',
}

const SEEN = {
  hostId: 'host-a',
  digest: 'seen',
  controllers: 1,
  virtualFunctions: 1,
  namespaces: 1,
}

async function withDigest(folder = temporaryFolder()): Promise<Store> {
  const store = await temporaryStore(folder)
  const row = controllerRow()
  const controller = { ...controllerAnswer(), health: HEALTH }
  await store.commit([
    { write: 'putHost', row: hostRow() },
    { write: 'putHost', row: hostRow({ id: 'host-b' }) },
    {
      write: 'reconcile',
      controllers: [
        {
          ...row,
          observation: { ...row.observation, controller },
          lastController: controller,
        },
      ],
      virtualFunctions: [virtualFunctionRow()],
      namespaces: [namespaceRow()],
      digest: SEEN,
    },
  ])
  return store
}

test('a digest stands for the rows that it was stored with', async () => {
  const { read } = await withDigest()

  expect([read.scanDigest('host-a'), read.scanDigest('host-b')]).toEqual([
    'seen',
    undefined,
  ])
})

test.for([
  ['controller', { ...NOTHING, controllers: [controllerRow({ ambiguous: true })] }],
  ['virtual function', { ...NOTHING, virtualFunctions: [virtualFunctionRow({ vq: 1 })] }],
  ['namespace', { ...NOTHING, namespaces: [namespaceRow({ present: false })] }],
] as const)('it goes when a %s of the host is written without one', async ([, rows]) => {
  const store = await withDigest()

  await store.commit([{ write: 'reconcile', ...rows }])

  expect(store.read.scanDigest('host-a')).toBeUndefined()
})

test('it goes when the rows are written with one of another host', async () => {
  const store = await withDigest()
  const counts = { controllers: 0, virtualFunctions: 0, namespaces: 0 }
  const digest = { hostId: 'host-b', digest: 'rival', ...counts }

  const controllers = [controllerRow({ ambiguous: true })]
  await store.commit([{ write: 'reconcile', ...NOTHING, controllers, digest }])

  expect(store.read.scanDigest('host-a')).toBeUndefined()
  expect(store.read.scanDigest('host-b')).toBe('rival')
})

const DESIRED: readonly StoreWrite[] = [
  { write: 'setProvisioned', virtualFunctionId: 'vf-1', provisioned: null },
  { write: 'setSriovBefore', controllerId: 'controller-a', before: null },
  { write: 'putAssignment', row: assignmentRow() },
]

test.for(DESIRED)('it goes when what is desired changes: $write', async (write) => {
  const store = await withDigest()

  await store.commit([write])

  expect(store.read.scanDigest('host-a')).toBeUndefined()
})

test('it goes when an assignment changes', async () => {
  const store = await withDigest()
  await store.commit([{ write: 'putAssignment', row: assignmentRow() }])
  await store.commit([{ write: 'reconcile', ...NOTHING, digest: SEEN }])
  const before = store.read.scanDigest('host-a')

  const { id } = assignmentRow()
  await store.commit([
    { write: 'updateAssignment', id, set: { state: 'ready' }, at: '2026-01-01T00:00:00Z' },
  ])

  expect(before).toBe('seen')
  expect(store.read.scanDigest('host-a')).toBeUndefined()
})

test.for(['VirtualFunction', 'Namespace'])(
  'a row of %s that was deleted by hand is missed',
  async (table) => {
    const folder = temporaryFolder()
    const store = await withDigest(folder)
    const db = new Database(join(folder, 'nvirt.db'))

    db.prepare(`DELETE FROM "${table}"`).run()
    db.close()

    expect(store.read.scanDigest('host-a')).toBeUndefined()
  }
)

test('a row that another host takes over is missed', async () => {
  const store = await withDigest()

  const namespaces = [namespaceRow({ hostId: 'host-b' })]
  await store.commit([{ write: 'reconcile', ...NOTHING, namespaces }])

  expect(store.read.scanDigest('host-a')).toBeUndefined()
})

test('confirming a scan replaces SMART values that differ, and nothing else', async () => {
  const store = await withDigest()
  const before = store.read.controller('controller-a')
  const confirm = (health: SmartSummary) =>
    store.commit([
      {
        write: 'confirmScan',
        observedAt: LATER,
        health: [{ controllerId: 'controller-a', health }],
      },
    ])

  await confirm(HEALTH)
  const same = store.read.controller('controller-a')
  const aged = { ...HEALTH, powerOnHours: '2' }
  await confirm(aged)

  expect(same).toEqual(before)
  const after = store.read.controller('controller-a')
  expect(after?.lastController).toBe(after?.observation.controller)
  expect(after).toEqual({
    ...before,
    observation: {
      ...before?.observation,
      controller: { ...controllerAnswer(), health: aged },
    },
    lastController: { ...controllerAnswer(), health: aged },
    observedAt: LATER,
  })
  expect(store.read.scanDigest('host-a')).toBe('seen')
})
