/** A scan that sees what the last one saw reads no rows; whatever else happened to them is not hidden by that. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { controllerIdOf, virtualFunctionIdOf } from '../../src/inventory/identity.ts'
import { RULES } from '../../src/inventory/scan-digest.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import {
  controller,
  FACTS,
  fn,
  namespace,
  primary,
  PRIMARY_CONTROLLER,
  scanOf,
  secondary,
  VFIO,
} from './observed.ts'
import { scanned } from './scanned.ts'
import { HOST_ID, watched } from './watched.ts'

const PF_ID = controllerIdOf(PRIMARY_CONTROLLER)
const VF_ID = virtualFunctionIdOf(PF_ID, 1)
const LATER = '2026-01-01T00:00:30.000Z'
const SHOWN = scanOf([primary(), fn()], [namespace()], LATER)

const PROVISIONED = {
  vq: 4,
  vi: 4,
  nsids: [1],
  driver: 'none',
  tenant: 'default',
  operationId: 'operation-1',
  at: LATER,
} as const

/** Scanned once. `written` are the kinds of what later scans write. */
async function known() {
  const world = watched()
  await world.inventory.rescan(DEMO, HOST_ID)
  const written: StoreWrite['write'][] = []
  const { commit } = world.store
  world.store.commit = (writes) => {
    written.push(...writes.map(({ write }) => write))
    return commit(writes)
  }
  const scan = (shown = SHOWN) => {
    world.host.observe(shown)
    return world.inventory.rescan(DEMO, HOST_ID)
  }
  const virtualFunction = () => world.inventory.virtualFunction(DEMO, VF_ID)
  return { ...world, written, scan, virtualFunction }
}

test('a scan that sees the same again confirms every row', async () => {
  const { inventory, scan, written } = await known()

  await scan()

  expect(written).toEqual(['putHost', 'confirmScan'])
  const { observedAt } = inventory.controller(DEMO, PF_ID)
  expect(observedAt).toBe(LATER)
})

test('SMART values follow without the rows being compared, and a warning is told', async () => {
  const { inventory, scan, written, events } = await known()
  const aged = (over: object) => {
    const health = { ...controller().health, powerOnHours: '2', ...over }
    return controller({ health: health as NonNullable<typeof PRIMARY_CONTROLLER.health> })
  }

  await scan(scanOf([primary(), fn({ controller: aged({}) })], [namespace()]))
  const afterAging = [...written]
  const { smart } = inventory.controller(DEMO, controllerIdOf(controller()))
  await scan(
    scanOf([primary(), fn({ controller: aged({ criticalWarning: 1 }) })], [namespace()])
  )

  expect(afterAging).toEqual(['putHost', 'confirmScan'])
  expect(smart?.powerOnHours).toBe('2')
  expect(events('controller')).toEqual([
    'controller.appeared',
    'controller.appeared',
    'controller.changed',
  ])
})

test('a VF taken offline behind our back is seen, and seen again when it comes back', async () => {
  const { scan, virtualFunction, events } = await known()
  const online = (is: boolean) => {
    const secondaries = [secondary(1, is), secondary(2)]
    const shown = primary({ controller: { ...PRIMARY_CONTROLLER, secondaries } })
    return scanOf([shown, fn()], [namespace()])
  }

  const states: string[] = []
  for (const is of [true, true, false, true]) {
    await scan(online(is))
    states.push(virtualFunction().secondary.state)
  }

  expect(states).toEqual(['online', 'online', 'offline', 'online'])
  const changes = events('virtualFunction').filter((type) => type.endsWith('.changed'))
  expect(changes).toHaveLength(3)
})

test('what a workflow provisions stays, whatever scans confirm', async () => {
  const { scan, store, virtualFunction } = await known()
  await scan()

  await store.commit([
    { write: 'setProvisioned', virtualFunctionId: VF_ID, provisioned: PROVISIONED },
    {
      write: 'setSriovBefore',
      controllerId: PF_ID,
      before: { vfCount: 0, autoprobe: true },
    },
  ])
  await scan()

  expect(virtualFunction().provisioned).toMatchObject({ vq: 4, vi: 4 })
  expect(store.read.controller(PF_ID)?.sriovBefore).toEqual({ vfCount: 0, autoprobe: true })
})

test('a reboot is read whole, though nothing else has changed', async () => {
  const { scan, inventory, store, events } = await known()
  const rebooted = (shown: ReturnType<typeof fn>) => ({
    ...shown,
    pci: { ...shown.pci, bootId: 'boot-2' },
  })

  const host = { ...FACTS, bootId: 'boot-2' }
  const functions = [rebooted(primary()), rebooted(fn())]
  await scan({ ...scanOf(functions, [namespace()], LATER), host })

  expect(events('host')).toEqual(['host.appeared', 'host.rebooted'])
  expect(store.read.controller(PF_ID)?.observation.pci.bootId).toBe('boot-2')
  expect(inventory.host(DEMO, HOST_ID).bootId).toBe('boot-2')
})

test('namespaces that nobody could list stay, and go when none is listed', async () => {
  const { scan, store } = await known()
  const present = () =>
    store.read.inventoryOf(HOST_ID).namespaces.map((namespace) => namespace.present)
  const none = scanOf([primary(), fn()], [])

  const seen: boolean[][] = []
  for (const listed of [[], [], none.listed]) {
    await scan({ ...none, listed })
    seen.push(present())
  }

  expect(seen).toEqual([[true], [true], [false]])
})

test('a drive that goes and comes back is gone meanwhile', async () => {
  const { scan, inventory } = await known()
  await scan()

  const present: boolean[] = []
  for (const functions of [[fn()], [fn()], [primary(), fn()]]) {
    await scan(scanOf(functions, functions.length === 2 ? [namespace()] : []))
    present.push(inventory.controller(DEMO, PF_ID).present)
  }

  expect(present).toEqual([false, false, true])
})

test('a row that somebody else has written is compared again', async () => {
  const { scan, store, virtualFunction } = await known()
  const row = store.read.virtualFunction(VF_ID)
  if (!row) throw new Error('there is no such row')
  const { provisioned: _, ...seen } = row
  const virtualFunctions = [{ ...seen, secondaryState: 'online' as const }]
  await store.commit([
    { write: 'reconcile', controllers: [], virtualFunctions, namespaces: [] },
  ])

  await scan()

  expect(virtualFunction().secondary.state).toBe('offline')
})

test('a host whose drive another one claims is marked, and clear again when that one is gone', async () => {
  const { scan, hosts, inventory, another } = await known()
  const other = another('f'.repeat(32))
  const ambiguous = () => inventory.controller(DEMO, PF_ID).ambiguous

  const seen = [ambiguous()]
  await inventory.rescan(DEMO, other)
  seen.push(ambiguous())
  await scan()
  seen.push(ambiguous())
  const registered = hosts.get(other)
  if (registered?.reach !== 'reachable') throw new Error('it is reachable')
  const machineId = 'f'.repeat(32)
  const driver = {
    ...registered.driver,
    scan: () => Promise.resolve({ ...scanOf([]), host: { ...FACTS, machineId } }),
  }
  hosts.set({ ...registered, driver })
  await inventory.rescan(DEMO, other)
  await scan()
  seen.push(ambiguous())

  expect(seen).toEqual([false, true, true, false])
})

/**
 * A digest says what was seen; what is made of it is this nvirt's. When this fails, rows of the same observation are
 * others now: count `RULES` up, so that digests of the version before stand for nothing, and write the new pair down.
 */
test('the rules by which rows are made have the number that they had', () => {
  const guest = fn({ address: primary().address, binding: VFIO, controller: null })
  const first = scanned([scanOf([primary(), fn()], [namespace()])])
  const later = scanned([scanOf([primary(), fn()], [namespace()]), scanOf([guest])])
  const unlisted = scanned([{ ...scanOf([primary(), fn()]), listed: [] }])

  const made = JSON.stringify([first.rows, later.rows, unlisted.rows])
  const short = createHash('sha256').update(made).digest('hex').slice(0, 12)

  expect({ rules: RULES, rows: short }).toEqual({ rules: 2, rows: '3ae0d43da428' })
})
