import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { ControlPlaneError } from '../../src/errors.ts'
import { FACTS, fn, scanOf } from './observed.ts'
import { HOST_ID, inventoryRow, watched } from './watched.ts'

const PAGE = { after: null, limit: 100 }

test('hosts are scanned at the start, and again by period', async () => {
  const { inventory, clock, host } = watched()

  await inventory.start()
  await clock.advance(65_000)
  await inventory.stop()
  await clock.advance(65_000)

  expect(host.scans).toBe(3)
  expect(inventory.host(DEMO, HOST_ID)).toMatchObject({
    hostname: 'rack1',
    reach: 'reachable',
  })
})

test('a scan that fails for another reason is told, and does not end the rounds', async () => {
  const { inventory, clock, host, troubles } = watched()
  host.breakDown(new Error('a bug'))

  await inventory.start()
  host.breakDown(undefined)
  await clock.advance(30_000)
  await inventory.stop()

  expect(troubles).toEqual([new Error('a bug')])
  expect(inventory.host(DEMO, HOST_ID)).toMatchObject({ reach: 'reachable' })
})

test('a burst of uevents is one scan, shortly after the last of them', async () => {
  const { inventory, clock, host } = watched()
  await inventory.start()

  for (const what of ['add', 'bind', 'change']) {
    host.uevent(what)
    await clock.advance(150)
  }
  expect(host.scans).toBe(1)
  await clock.advance(60)

  expect(host.scans).toBe(2)
  await inventory.stop()
})

test('a host that is never quiet is scanned a second after a uevent, and once for all in between', async () => {
  const { inventory, clock, host } = watched()
  await inventory.start()

  const scans: number[] = []
  for (let n = 0; n < 22; n++) {
    host.uevent('change')
    scans.push(host.scans)
    await clock.advance(100)
  }
  await inventory.stop()

  expect(scans.slice(0, 11), 'one at the start').toEqual([...Array<number>(10).fill(1), 2])
  expect(scans.at(-1)).toBe(3)
})

test('nor do uevents without end postpone the scan of a host that operations change', async () => {
  const { inventory, clock, host, beChanged } = watched()
  await inventory.start()
  beChanged(true)

  const scans: number[] = []
  for (let n = 0; n < 102; n++) {
    host.uevent('change')
    scans.push(host.scans)
    await clock.advance(100)
  }
  await inventory.stop()

  expect(scans.slice(0, 100).every((count) => count === 1)).toBe(true)
  expect(scans.at(-1)).toBe(2)
})

test('uevents of a host that an operation changes are one scan, once it is done', async () => {
  const { inventory, clock, host, beChanged } = watched()
  await inventory.start()
  beChanged(true)
  host.uevent('add')
  await clock.advance(3_000)
  host.uevent('change')
  await clock.advance(3_000)
  const meanwhile = host.scans

  beChanged(false)
  await clock.advance(200)
  const afterwards = host.scans
  await clock.advance(10_000)
  await inventory.stop()

  expect([meanwhile, afterwards, host.scans]).toEqual([1, 2, 2])
})

test('however long operations go on, ten seconds after a uevent its host is scanned', async () => {
  const { inventory, clock, host, beChanged } = watched()
  await inventory.start()
  beChanged(true)

  host.uevent('add')
  await clock.advance(9_000)
  host.uevent('change')
  await clock.advance(900)
  const before = host.scans
  await clock.advance(400)
  await inventory.stop()

  expect([before, host.scans]).toEqual([1, 2])
})

test('scans of one host never overlap, and who asks meanwhile shares the next', async () => {
  const { inventory, host } = watched()
  const letGo = host.hold()

  const first = inventory.rescan(DEMO, HOST_ID)
  const others = [inventory.rescan(DEMO, HOST_ID), inventory.rescan(DEMO, HOST_ID)]
  letGo()
  await Promise.all([first, ...others])

  expect(host.scans).toBe(2)
  expect(host.mostAtOnce).toBe(1)
})

test('a host that cannot be read is away, with the reason, until it answers again', async () => {
  const { inventory, host, events } = watched()
  await inventory.rescan(DEMO, HOST_ID)

  host.fail('no route to the host')
  const asking = inventory.rescan(DEMO, HOST_ID)
  await expect(asking).rejects.toMatchObject({
    trouble: { kind: 'host-away', why: 'no route to the host' },
  })
  await expect(inventory.rescan(DEMO, HOST_ID)).rejects.toThrow(ControlPlaneError)
  const away = inventory.host(DEMO, HOST_ID)
  host.fail(undefined)
  await inventory.rescan(DEMO, HOST_ID)

  expect(away).toMatchObject({ reach: 'away', why: 'no route to the host' })
  expect(inventory.host(DEMO, HOST_ID)).toMatchObject({ reach: 'reachable', why: null })
  expect(events('host')).toEqual(['host.appeared', 'host.away', 'host.returned'])
})

test('a host that stays away for another reason is told once, and shows the new one', async () => {
  const { inventory, host, events } = watched()
  await inventory.rescan(DEMO, HOST_ID)

  for (const why of ['no route to the host', 'connection refused']) {
    host.fail(why)
    await expect(inventory.rescan(DEMO, HOST_ID)).rejects.toThrow(ControlPlaneError)
  }

  expect(inventory.host(DEMO, HOST_ID)).toMatchObject({ why: 'connection refused' })
  expect(events('host')).toEqual(['host.appeared', 'host.away'])
})

test('another machine that answers in its place is no scan of the host', async () => {
  const { inventory, host } = watched()
  await inventory.rescan(DEMO, HOST_ID)

  host.observe({ ...scanOf([]), host: { ...FACTS, machineId: 'f'.repeat(32) } })
  const asking = inventory.rescan(DEMO, HOST_ID)

  await expect(asking).rejects.toMatchObject({ trouble: { kind: 'host-away' } })
  expect(inventory.controllers(DEMO, {}, PAGE).items).toHaveLength(2)
})

test('a reboot is an event, a new kernel as well', async () => {
  const { inventory, host, events } = watched()
  await inventory.rescan(DEMO, HOST_ID)

  host.observe({
    ...scanOf([fn()]),
    host: { ...FACTS, bootId: 'boot-2', kernelRelease: '6.12.0' },
  })
  await inventory.rescan(DEMO, HOST_ID)

  expect(events('host')).toEqual(['host.appeared', 'host.rebooted', 'host.changed'])
})

test('a host of an earlier start that is in the fleet no longer is away', async () => {
  const { inventory, store } = watched()
  const left = { ...inventoryRow(), id: 'left', machineId: 'e'.repeat(32) }
  await store.commit([{ write: 'putHost', row: left }])

  await inventory.start()
  await inventory.stop()

  expect(inventory.host(DEMO, 'left')).toMatchObject({ reach: 'away' })
})
