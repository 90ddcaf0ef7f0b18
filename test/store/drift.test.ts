import { expect, test } from 'vitest'
import type { HealingRow, ProvisionedVf } from '../../src/store/rows.ts'
import { assignmentRow, driftRow, hostRow, withInventory } from './rows.ts'
import { temporaryFolder, temporaryStore } from './temporary-store.ts'

const DRIFT = driftRow()

const HEALING: HealingRow = {
  functionId: 'vf-1',
  hostId: 'host-a',
  attempts: 2,
  lastAttemptAt: '2026-01-01T00:00:00.000Z',
  operationId: 'operation-1',
}

const PROVISIONED: ProvisionedVf = {
  vq: 4,
  vi: 4,
  nsids: [1],
  driver: 'none',
  tenant: 'default',
  operationId: 'operation-1',
  at: '2026-01-01T00:00:00.000Z',
}

test('drift and attempts to heal it are there after the store is opened again', async () => {
  const folder = temporaryFolder()
  const first = await temporaryStore(folder)
  await withInventory(first)
  const later = { ...DRIFT, found: { driver: 'vfio-pci' } }
  await first.commit([
    { write: 'putDrift', row: DRIFT },
    { write: 'putDrift', row: later },
    { write: 'putHealing', row: HEALING },
  ])
  await first.close()

  const again = await temporaryStore(folder)

  expect(again.read.driftOf('host-a')).toEqual([later])
  expect(again.read.driftOf('host-b')).toEqual([])
  expect(again.read.healingOf('host-a')).toEqual([HEALING])
})

test('drift that has gone, and attempts that count no more, are no rows', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  const other = { ...DRIFT, kind: 'moved' as const }
  await store.commit([
    { write: 'putDrift', row: DRIFT },
    { write: 'putDrift', row: other },
    { write: 'putHealing', row: HEALING },
  ])

  await store.commit([
    { write: 'deleteDrift', functionId: 'vf-1', kind: 'driver-changed' },
    { write: 'deleteHealing', functionId: 'vf-1' },
  ])

  expect(store.read.driftOf('host-a')).toEqual([other])
  expect(store.read.healingOf('host-a')).toEqual([])
})

test('a VF that is back is no longer among those that were taken, and nothing else of its controller changes', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  const [row] = store.read.inventoryOf('host-a').controllers
  if (!row) throw new Error('there is a controller')
  const { sriovBefore: _, ...seen } = row
  const taking = (takenVfs: readonly number[]) => ({ ...row.observation, takenVfs })
  await store.commit([
    {
      write: 'reconcile',
      controllers: [{ ...seen, observation: taking([1, 3]) }],
      virtualFunctions: [],
      namespaces: [],
    },
  ])
  const forget = (vfNumber: number) =>
    store.commit([{ write: 'forgetTakenVf', controllerId: row.id, vfNumber }])
  const left = () => store.read.controller(row.id)

  await forget(2)
  const untouched = left()
  await forget(1)
  const one = left()
  await forget(3)

  expect(untouched).toEqual({ ...row, observation: taking([1, 3]) })
  expect(one).toEqual({ ...row, observation: taking([3]) })
  expect(left()).toEqual({ ...row, observation: taking([]) })
})

test('a host is settled when it is new, and a scan changes neither that nor its policy', async () => {
  const store = await temporaryStore()
  await store.commit([{ write: 'putHost', row: hostRow() }])
  await store.commit([
    { write: 'setDriftPolicy', hostId: 'host-a', policy: 'heal' },
    { write: 'putHost', row: hostRow({ bootId: 'boot-2' }) },
  ])
  const rebooted = store.read.host('host-a')

  await store.commit([
    { write: 'settleHost', hostId: 'host-a', bootId: 'boot-2', unrestored: 1 },
  ])

  expect(rebooted).toEqual(
    hostRow({ bootId: 'boot-2', settledBootId: 'boot-1', driftPolicy: 'heal' })
  )
  expect(store.read.host('host-a')).toMatchObject({
    settledBootId: 'boot-2',
    unrestored: 1,
  })
})

test('standing assignments of a host are those that are not over', async () => {
  const store = await temporaryStore()
  await withInventory(store)
  await store.commit([
    { write: 'putAssignment', row: assignmentRow({ id: 'a', state: 'lost' }) },
    { write: 'putAssignment', row: assignmentRow({ id: 'b', state: 'released' }) },
  ])

  expect(store.read.standingAssignmentsOf('host-a').map(({ id }) => id)).toEqual(['a'])
  expect(store.read.standingAssignmentsOf('host-b')).toEqual([])
})

test.for([
  [
    'a provisioned VF',
    { write: 'setProvisioned', virtualFunctionId: 'vf-1', provisioned: PROVISIONED },
  ],
  ['a standing assignment', { write: 'putAssignment', row: assignmentRow() }],
  ['a function that is brought back', { write: 'putHealing', row: HEALING }],
] as const)('a host is cared for when it has %s', async ([, write]) => {
  const store = await temporaryStore()
  await withInventory(store)
  const before = store.read.isCaredFor('host-a')

  await store.commit([write])

  expect([before, store.read.isCaredFor('host-a')]).toEqual([false, true])
  expect(store.read.isCaredFor('host-b')).toBe(false)
})
