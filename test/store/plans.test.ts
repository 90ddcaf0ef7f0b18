import { expect, test } from 'vitest'
import type { PlanRow } from '../../src/store/rows.ts'
import { temporaryFolder, temporaryStore } from './temporary-store.ts'

function planRow(id: string, fields: Partial<PlanRow> = {}): PlanRow {
  return {
    id,
    tenant: 'default',
    request: { ask: 'retire', virtualFunctionId: 'vf-1' },
    made: { plan: { id, steps: [] } },
    createdAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-01-01T00:15:00.000Z',
    ...fields,
  }
}

test('a plan is there after the store is opened again, for its tenant', async () => {
  const folder = temporaryFolder()
  const first = await temporaryStore(folder)
  await first.commit([{ write: 'putPlan', row: planRow('plan-1'), keep: 2 }])
  await first.close()

  const { read } = await temporaryStore(folder)

  expect(read.plan('default', 'plan-1')).toEqual(planRow('plan-1'))
  expect(read.plan(null, 'plan-1')).toEqual(planRow('plan-1'))
  expect(read.plan('another', 'plan-1')).toBeUndefined()
  expect(read.plan('default', 'plan-2')).toBeUndefined()
})

test('of a tenant only the newest are kept, and nobody else’s go for them', async () => {
  const store = await temporaryStore()
  const foreign = planRow('plan-0', { tenant: 'another' })
  await store.commit([{ write: 'putPlan', row: foreign, keep: 2 }])

  for (const id of ['plan-1', 'plan-2', 'plan-3'])
    await store.commit([{ write: 'putPlan', row: planRow(id), keep: 2 }])

  const kept = ['plan-0', 'plan-1', 'plan-2', 'plan-3'].map(
    (id) => store.read.plan(null, id)?.id
  )
  expect(kept).toEqual(['plan-0', undefined, 'plan-2', 'plan-3'])
})

test('what has expired goes with the next', async () => {
  const store = await temporaryStore()
  await store.commit([{ write: 'putPlan', row: planRow('plan-1'), keep: 9 }])
  const row = planRow('plan-2', {
    createdAt: '2026-01-01T00:15:00.000Z',
    expiresAt: '2026-01-01T00:30:00.000Z',
  })

  await store.commit([{ write: 'putPlan', row, keep: 9 }])

  expect(store.read.plan(null, 'plan-1')).toBeUndefined()
  expect(store.read.plan(null, 'plan-2')).toEqual(row)
})
