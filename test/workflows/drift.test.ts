/** What somebody does behind nvirt's back is seen, shown beside what is desired, and told once. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { MachineEvent } from '../../src/host/drills.ts'
import { ADOPTED } from './adopted-scenarios.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import {
  bindByHand,
  controllerAt,
  done,
  makeWorld,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  write,
  type World,
} from './world.ts'

const ONE = [{ ioQueuePairs: 2, nsids: [2] }]
const NUMVFS = `/sys/bus/pci/devices/${PF}/sriov_numvfs`
const AUTOPROBE = `/sys/bus/pci/devices/${PF}/sriov_drivers_autoprobe`
const VF1 = '0000:01:00.1'

function told({ store }: World): readonly string[] {
  return store.read
    .events(null, 0, 1_000)
    .filter(({ type }) => type.includes('.drift-'))
    .map(({ type, detail }) => `${type} ${String(detail['kind'])}`)
}

/** Since all was found when the world was made. */
function comings({ store }: World, id: string): readonly string[] {
  return store.read
    .events(null, 0, 1_000)
    .filter(({ type, subject }) => subject.id === id && /\.(gone|appeared)$/.test(type))
    .map(({ type }) => type)
    .slice(1)
}

function namespacesOf({ store, hostId }: World, serial: string): readonly string[] {
  return store.read
    .inventoryOf(hostId)
    .namespaces.filter(({ observation }) => observation.serial === serial)
    .map(({ id }) => id)
}

async function listening(): Promise<World> {
  const world = await makeWorld(memoryStore())
  const starting = world.inventory.start()
  await world.clock.advance(0)
  await starting
  onTestFinished(async () => {
    await world.inventory.stop()
    await world.stop()
  })
  return world
}

/** The kernel says so: well before the next round of scans. */
const WITHIN_MS = 2_000

test('VFs made behind nvirt’s back are found by their uevents', async () => {
  const world = await listening()

  await write(world.machine, NUMVFS, '3')
  await world.clock.advance(WITHIN_MS)

  const { id } = controllerAt(world, PF)
  expect(world.inventory.controller(DEMO, id).drift).toMatchObject([
    { kind: 'foreign-vfs', expected: { vfCount: 0 }, found: { vfCount: 3 } },
  ])
  expect(told(world)).toEqual(['controller.drift-appeared foreign-vfs'])
})

test('a driver bound by hand is found by its uevents, and so is its return', async () => {
  const world = await listening()
  await done(world, provision(world, ONE))

  await bindByHand(world, VF1, 'vfio-pci')
  await world.clock.advance(WITHIN_MS)
  const shown = world.inventory.virtualFunction(DEMO, virtualFunctionOf(world, 1).id)
  await write(world.machine, '/sys/bus/pci/drivers/vfio-pci/unbind', VF1)
  await world.clock.advance(WITHIN_MS)

  expect(shown.drift).toMatchObject([
    {
      kind: 'driver-changed',
      expected: { driver: null },
      found: { driver: 'vfio-pci' },
      remedy: expect.stringContaining('bound'),
    },
  ])
  expect(told(world)).toEqual([
    'virtual-function.drift-appeared driver-changed',
    'virtual-function.drift-resolved driver-changed',
  ])
})

/** Linux sends NVME_EVENT=connected when the controller is live again: nvme_start_ctrl. */
test('a controller reset that takes VQ and VI away is found by its uevent', async () => {
  const world = await listening()
  await done(world, provision(world, ONE))

  await fire(world, { event: 'controller-reset', address: PF })
  await world.clock.advance(WITHIN_MS)

  const { id } = virtualFunctionOf(world, 1)
  expect(world.inventory.virtualFunction(DEMO, id).drift).toMatchObject([
    {
      kind: 'resources-lost',
      expected: { state: 'online', vq: 3, vi: 3 },
      found: { state: 'offline', vq: 0, vi: 0 },
    },
  ])
})

test('resources that went without a uevent are found by the next round', async () => {
  const world = await listening()
  await done(world, provision(world, ONE))
  await world.clock.advance(WITHIN_MS)

  await fire(world, { event: 'resources-lost', address: PF })
  await world.clock.advance(WITHIN_MS)
  const soon = told(world)
  await world.clock.advance(30_000)

  expect(soon).toEqual([])
  expect(told(world)).toEqual(['virtual-function.drift-appeared resources-lost'])
})

test('VFs made behind nvirt’s back are foreign until one of them is adopted, and then autoprobe is watched', async () => {
  const world = await listening()
  const adoption = ADOPTED['adopting a VF that the host’s driver has']
  await adoption.prepare(world)
  await write(world.machine, AUTOPROBE, '0')
  await world.clock.advance(WITHIN_MS)
  const { id } = virtualFunctionOf(world, 1)
  const inPool = told(world)

  await done(world, world.workflows.adopt(DEMO, id))
  await world.inventory.assess(world.hostId)
  await write(world.machine, AUTOPROBE, '1')
  await world.inventory.rescan(DEMO, world.hostId)

  expect(inPool).toEqual([
    'controller.drift-appeared foreign-vfs',
    'virtual-function.drift-appeared foreign-secondary-online',
  ])
  expect(told(world).slice(inPool.length)).toEqual([
    'controller.drift-resolved foreign-vfs',
    'virtual-function.drift-resolved foreign-secondary-online',
    'controller.drift-appeared autoprobe-changed',
  ])
})

test('a drive that is torn out is missing to whom it was handed', async () => {
  const world = await listening()
  const { id } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId: id, consumer: 'vm' }))

  await fire(world, { event: 'surprise-removal', address: PLAIN })
  await world.clock.advance(WITHIN_MS)

  const [kinds] = [onlyShown(world).drift.map(({ kind }) => kind)]
  expect(kinds).toEqual(['hardware-missing'])
  expect(told(world)).toEqual(['controller.drift-appeared hardware-missing'])
})

test('a drive that is torn out while it is being assigned has gone, and is told as new when it is back', async () => {
  const world = await listening()
  const { id, serial } = controllerAt(world, PLAIN)

  const assigning = await world.workflows.assign(DEMO, { controllerId: id, consumer: 'vm' })
  await fire(world, { event: 'surprise-removal', address: PLAIN })
  const end = await world.end(assigning)
  const isThere = controllerAt(world, PLAIN).present
  await fire(world, { event: 'hot-plug', address: PLAIN })
  await world.clock.advance(WITHIN_MS)

  expect(end.state).not.toBe('succeeded')
  expect(isThere).toBe(false)
  expect(comings(world, id)).toEqual(['controller.gone', 'controller.appeared'])
  const [namespace] = namespacesOf(world, serial)
  expect(comings(world, namespace ?? '')).toEqual(['namespace.gone', 'namespace.appeared'])
})

test('what was told is told once, whatever is scanned and restarted', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, ONE))
  await bindByHand(world, VF1, 'vfio-pci')
  await world.inventory.rescan(DEMO, world.hostId)
  await world.inventory.rescan(DEMO, world.hostId)

  const again = await world.restart()
  await again.inventory.rescan(DEMO, again.hostId)
  onTestFinished(() => again.stop())

  expect(told(again)).toEqual(['virtual-function.drift-appeared driver-changed'])
})

test('what an operation holds is no drift, and is judged when it has ended', async () => {
  const world = await makeWorld(memoryStore())
  onTestFinished(() => world.stop())
  await done(world, provision(world, ONE))
  const { id } = virtualFunctionOf(world, 1)
  const assigning = await world.workflows.assign(DEMO, {
    virtualFunctionId: id,
    consumer: 'vm',
    accept: ['not-tenant-safe'],
  })
  await world.until(assigning, (state) => state !== 'waiting')
  await world.inventory.rescan(DEMO, world.hostId)
  await world.end(assigning)
  await world.inventory.assess(world.hostId)

  expect(onlyShown(world)).toMatchObject({ state: 'ready', drift: [] })
  expect(told(world)).toEqual([])
})

function onlyShown(world: World) {
  return world.workflows.assignment(DEMO, onlyAssignment(world).id)
}

async function fire({ machine }: World, event: MachineEvent): Promise<void> {
  expect(await machine.drills.fire(event)).toEqual({ fired: true })
}
