import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { controllerIdOf, virtualFunctionIdOf } from '../../src/inventory/identity.ts'
import {
  controller,
  fn,
  namespace,
  primary,
  PRIMARY_CONTROLLER,
  scanOf,
  secondary,
  vf,
} from './observed.ts'
import { HOST_ID, watched } from './watched.ts'

const PAGE = { after: null, limit: 100 }

test('what does not exist is not found', async () => {
  const { inventory } = watched()

  for (const look of [
    () => inventory.host(DEMO, 'none'),
    () => inventory.controller(DEMO, 'none'),
    () => inventory.virtualFunction(DEMO, 'none'),
    () => inventory.namespace(DEMO, 'none'),
  ]) {
    expect(look).toThrow(
      expect.objectContaining({
        trouble: expect.objectContaining({ kind: 'not-found', id: 'none' }),
      })
    )
  }
  await expect(inventory.rescan(DEMO, 'none')).rejects.toMatchObject({
    trouble: { kind: 'not-found' },
  })
})

test('views join what rows say of each other', async () => {
  const { inventory, host } = watched()
  const online = { ...PRIMARY_CONTROLLER, secondaries: [secondary(1, true), secondary(2)] }
  host.observe(
    scanOf(
      [primary({ controller: online }), vf(), fn()],
      [namespace({ attachedTo: [0, 1] }), namespace({ nsid: 2, attachedTo: [9] })]
    )
  )
  await inventory.rescan(DEMO, HOST_ID)

  const pf = inventory.controller(DEMO, controllerIdOf(PRIMARY_CONTROLLER))
  const vf1 = inventory.virtualFunction(DEMO, virtualFunctionIdOf(pf.id, 1))
  const namespaces = inventory.namespaces(DEMO, { hostId: HOST_ID }, PAGE).items
  const [one, two] = namespaces.toSorted((a, b) => a.nsid - b.nsid)

  expect(pf).toMatchObject({
    driver: 'nvme',
    state: 'live',
    ioQueuePairs: 4,
    health: 'ok',
    sriov: { totalVfs: 2, vq: { total: 32, free: 32 } },
    iommuGroup: { number: 8, viable: false, siblings: [] },
  })
  expect(vf1).toMatchObject({
    controllerId: pf.id,
    enabled: true,
    secondary: { state: 'online', vq: 4, vi: 4 },
    provisioned: null,
    namespaceIds: [one?.id],
  })
  expect(one?.attachedTo).toEqual([
    { cntlid: 0, kind: 'controller', id: pf.id },
    { cntlid: 1, kind: 'virtualFunction', id: vf1.id },
  ])
  expect(two?.attachedTo).toEqual([{ cntlid: 9, kind: 'unknown', id: null }])
})

test('what a scan confirmed is as fresh as the scan; what it could not see is as old as it is', async () => {
  const { inventory, host } = watched()
  const then = '2026-01-01T00:00:00.000Z'
  const now = '2026-01-01T01:00:00.000Z'
  host.observe(scanOf([primary(), fn()], [namespace()], then))
  await inventory.rescan(DEMO, HOST_ID)

  const withGuest = primary({
    binding: { driver: 'vfio-pci', override: null },
    controller: null,
  })
  host.observe(scanOf([withGuest, fn()], [], now))
  await inventory.rescan(DEMO, HOST_ID)

  const plain = inventory.controller(DEMO, controllerIdOf(controller()))
  const [hidden] = inventory.namespaces(DEMO, {}, PAGE).items
  const [vf1] = inventory.virtualFunctions(DEMO, {}, PAGE).items
  expect(plain.observedAt).toBe(now)
  expect(hidden).toMatchObject({ present: true, observedAt: then })
  expect(vf1?.observedAt).toBe(then)
})

test('namespaces that were not listed are as old as they are, though their drive answers', async () => {
  const { inventory, host, events } = watched()
  const times = ['00', '01', '02', '03'].map((hour) => `2026-01-01T${hour}:00:00.000Z`)
  const seen: unknown[] = []
  for (const [nth, observedAt] of times.entries()) {
    const known = [primary(), fn()]
    const lists = nth % 2 === 0
    const shown = scanOf(known, lists ? [namespace()] : [], observedAt)
    host.observe(lists ? shown : { ...shown, listed: [] })
    await inventory.rescan(DEMO, HOST_ID)
    const [pf] = inventory.controllers(DEMO, {}, PAGE).items
    const [vf1] = inventory.virtualFunctions(DEMO, {}, PAGE).items
    const [one] = inventory.namespaces(DEMO, {}, PAGE).items
    seen.push([pf, vf1, one].map((view) => view?.observedAt))
  }

  const [first, second, third, fourth] = times
  expect(seen).toEqual([
    [first, first, first],
    [second, first, first],
    [third, third, third],
    [fourth, first, first],
  ])
  expect(events('controller')).toEqual(['controller.appeared', 'controller.appeared'])
  expect(events('namespace')).toEqual(['namespace.appeared'])
})

test.for([
  ['dead', 'critical'],
  ['resetting', 'ok'],
] as const)(
  'a controller that is %s is %s, whatever it last said',
  async ([state, health]) => {
    const { inventory, host } = watched()
    host.observe(scanOf([fn()]))
    await inventory.rescan(DEMO, HOST_ID)

    const silent = { capabilities: null, health: null, queueCount: 1 }
    host.observe(scanOf([fn({ controller: controller({ state, ...silent }) })]))
    await inventory.rescan(DEMO, HOST_ID)

    expect(inventory.controllers(DEMO, {}, PAGE).items).toMatchObject([
      { state, health, ioQueuePairs: 0, smart: { temperatureKelvin: 310 } },
    ])
  }
)

test.for([
  ['nothing wrong', {}, 'ok'],
  ['spare low', { criticalWarning: 1 }, 'warning'],
  ['reliability degraded', { criticalWarning: 4 }, 'critical'],
  ['read only', { criticalWarning: 8 }, 'critical'],
  ['worn out', { percentageUsed: 100 }, 'warning'],
] as const)('health with %s', async ([, over, health]) => {
  const { inventory, host } = watched()
  const smart = controller().health
  host.observe(
    scanOf([fn({ controller: controller({ health: smart && { ...smart, ...over } }) })])
  )

  await inventory.rescan(DEMO, HOST_ID)

  expect(inventory.controllers(DEMO, {}, PAGE).items).toMatchObject([{ health }])
})
