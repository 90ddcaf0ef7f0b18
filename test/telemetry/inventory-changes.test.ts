/** When what is watched is looked up again, and of which hosts. */
import { expect, test } from 'vitest'
import { SYSTEM } from '../../src/access/caller.ts'
import { tellingOfOperations } from '../../src/events/operation-events.ts'
import { logged, operationRecord } from '../store/rows.ts'
import { HOST, hostRow, PF, SCANNED, watchedHost } from './watched-host.ts'

const OTHER = 'host-2'
const VF = '0000:01:00.1'
const AT = '2026-01-01T00:00:00.000Z'
const FLEET = { fleet: true, periodMs: 250 }

/** Two hosts, one of them without functions, with all of their frames and of which hosts rows were read. */
async function watchedFleet() {
  const host = await watchedHost()
  const store = tellingOfOperations(host.store)
  await store.commit([
    { write: 'putHost', row: { ...hostRow, id: OTHER, machineId: '1'.repeat(32) } },
  ])
  const looks: string[] = []
  const { inventoryOf } = host.store.read
  host.store.read.inventoryOf = (hostId) => {
    looks.push(hostId)
    return inventoryOf(hostId)
  }
  const seen: string[] = []
  await host.telemetry.subscribe(SYSTEM, FLEET, ({ fn }) => seen.push(fn.id))
  await host.clock.advance(1000)
  looks.length = 0

  async function enableVfs(): Promise<void> {
    const context = { operationId: 'o', step: 's', fence: 1, deadlineMs: 1000 }
    const { apply } = host.watches.driver
    await apply({ change: 'setAutoprobe', pf: PF, enabled: false }, context)
    await apply({ change: 'setVfCount', pf: PF, count: 2 }, context)
  }
  return { ...host, store, looks, seen, enableVfs }
}

const begun = (params: { readonly hostId?: string }) =>
  ({ write: 'createOperation', operation: operationRecord({ params }) }) as const

const ended = logged({ operationId: 'operation-1', fence: 1, at: AT, state: 'undone' })

test('an operation that begins has nothing looked up, and one that ends its host', async () => {
  const { clock, store, looks } = await watchedFleet()

  await store.commit([begun({ hostId: HOST })])
  await clock.advance(1000)
  const atBegin = [...looks]
  await store.commit([ended])
  await clock.advance(1000)

  expect([atBegin, looks]).toEqual([[], [HOST]])
})

test('an operation that does not say of which host it is may be of any', async () => {
  const { clock, store, looks } = await watchedFleet()

  await store.commit([begun({})])
  await store.commit([ended])
  await clock.advance(1000)

  expect(looks.toSorted()).toEqual([HOST, OTHER])
})

test('an operation that cannot be read may be of any host too', async () => {
  const { clock, store, looks } = await watchedFleet()
  await store.commit([begun({ hostId: HOST })])
  const event = { ...SCANNED, hostId: null, type: 'operation.undone' } as const
  const { operation } = store.read
  store.read.operation = () => {
    throw new Error('a disk that cannot be read')
  }

  await store.commit([{ write: 'appendEvent', event }])
  store.read.operation = operation
  await clock.advance(1000)

  expect(looks.toSorted()).toEqual([HOST, OTHER])
})

test('VFs that an operation leaves behind are watched once it has ended, though no scan tells of them', async () => {
  const { clock, store, seen, enableVfs, storeScan } = await watchedFleet()
  await store.commit([begun({ hostId: HOST })])
  await enableVfs()
  await storeScan(null)
  await clock.advance(1000)
  const before = seen.includes(VF)

  await store.commit([ended])
  await clock.advance(1000)

  expect([before, seen.includes(VF)]).toEqual([false, true])
})

test('a VF is watched soon, also while events go on to come', async () => {
  const { clock, store, seen, enableVfs, storeScan } = await watchedFleet()
  const other = { ...SCANNED, hostId: OTHER, subject: { kind: 'host', id: OTHER } } as const
  await enableVfs()
  await storeScan()

  for (let ms = 0; ms < 1000; ms += 20) {
    await store.commit([{ write: 'appendEvent', event: other }])
    await clock.advance(20)
  }

  expect(seen).toContain(VF)
})
