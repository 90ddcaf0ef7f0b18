/** Two drives that say the same of themselves: what was handed out with the one never becomes the other's. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { MachineEvent } from '../../src/host/drills.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { dualController, first, FIRST, SECOND } from '../support/dual-controller.ts'
import { byHand } from './by-hand.ts'
import { assign, operations, release, settled, until } from './declared-world.ts'
import { assignFirst, attachments, directWorld, NAMESPACES } from './direct-world.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf } from './trouble.ts'
import {
  controllerAt,
  done,
  makeWorld,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const TWIN = '0000:03:00.0'
const AA = '00000000000000aa'
const BB = '00000000000000bb'
const A = withSerial(PLAIN, AA)
const B = withSerial(PLAIN, BB)

test('when the drive that was handed out is pulled, its twin gets nothing of it', async () => {
  const world = await withTwin()

  await fire(world, { event: 'surprise-removal', address: PLAIN })
  const gone = shown(world)
  await fire(world, { event: 'reboot' })
  await settled(world)

  expect(gone).toMatchObject({ state: 'lost', drift: [{ kind: 'hardware-missing' }] })
  expect(onlyAssignment(world)).toMatchObject({ state: 'lost', handOver: null })
  expect(controllerAt(world, TWIN).ambiguous).toBe(true)
  expect(driverOf(world, TWIN)).toBe('nvme')
})

test('nor of its VFs', async () => {
  const world = await twoOf(PF)
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  await assign(world, 1, 'vm')
  const { controllerId } = virtualFunctionOf(world, 1)
  await fire(world, { event: 'hot-plug', address: TWIN })

  await fire(world, { event: 'surprise-removal', address: PF })

  expect(onlyAssignment(world).state).toBe('lost')
  expect(present(world)).toContainEqual([
    expect.not.stringMatching(controllerId),
    TWIN,
    true,
  ])
})

test('and is trusted when that is released', async () => {
  const world = await withTwin()
  const { id, functionId } = onlyAssignment(world)
  await fire(world, { event: 'surprise-removal', address: PLAIN })

  await release(world, id)
  await world.inventory.rescan(DEMO, world.hostId)

  expect(present(world)).toContainEqual([functionId, TWIN, false])
})

test('the drive that was handed out goes back to its consumer when it is plugged in again instead of its twin', async () => {
  const world = await withTwin()
  await fire(world, { event: 'surprise-removal', address: PLAIN })
  await fire(world, { event: 'hot-plug', address: PLAIN })
  const both = shown(world)

  await fire(world, { event: 'surprise-removal', address: TWIN })
  await until(world, 'ready', () => onlyAssignment(world).state === 'ready')

  expect(both).toMatchObject({ state: 'restoring', drift: [{ kind: 'ambiguous' }] })
  expect(shown(world)).toMatchObject({ handOver: { address: PLAIN }, drift: [] })
})

test('a drive that is swapped for its twin between two scans gives it nothing, and counts as gone when it is released', async () => {
  const { store, world } = await handedOut()
  const twin = await makeWorld(store, { description: B, tends: true })
  onTestFinished(() => twin.stop())
  await settled(twin)
  const lost = shown(twin)

  await done(twin, twin.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(lost).toMatchObject({ state: 'lost', drift: [{ kind: 'hardware-missing' }] })
  expect(onlyAssignment(world)).toMatchObject(UNCLEANED)
  expect(twin.machine.transcript).toEqual([])
})

test('nor is anything written on its twin when that is released before a scan', async () => {
  const { world } = await handedOut()
  const twin = await swapped(world, B)
  const { id } = onlyAssignment(world)

  await done(world, world.workflows.release(DEMO, id, {}))
  const quarantined = onlyAssignment(world)
  await release(world, id)

  expect(quarantined).toMatchObject(UNCLEANED)
  expect(onlyAssignment(world).state).toBe('released')
  expect(twin.machine.transcript).toEqual([])
})

test('nor through its twin when a VF of it is released, whoever was seen last', async () => {
  const world = await makeWorld(memoryStore(), { description: withSerial(PF, AA) })
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  await assign(world, 1, 'vm')
  const twin = await swapped(world, withSerial(PF, BB))
  const { cntlid } = controllerAt(twin, PF)
  await byHand(twin, { change: 'attachNamespace', pf: pciAddress(PF), nsid: 2, cntlid })
  const its = twin.machine.snapshot()
  await seenAs(world, PF, BB)

  const { id } = onlyAssignment(world)
  await done(world, world.workflows.release(DEMO, id, {}))

  expect(onlyAssignment(world)).toMatchObject(UNCLEANED)
  expect(twin.machine.snapshot()).toEqual(its)
})

const seen = [
  { who: 'the drive itself', see: () => Promise.resolve() },
  {
    who: 'both',
    see: ({ inventory, hostId }: World) => inventory.rescan(DEMO, hostId),
  },
  {
    who: 'its twin as the drive itself',
    see: async (world: World) => {
      await seenAs(world, FIRST, BB)
      await seenAs(world, SECOND, BB)
    },
  },
]

test.for(seen)(
  'nor are attachments put back on its twin, seen was $who',
  async ({ see }) => {
    const world = await directWorld(dualWithSerial(AA))
    await done(world, assignFirst(world, [3, 5]))
    const twin = await swapped(world, dualWithSerial(BB))
    await byHand(twin, { change: 'detachNamespace', pf: first, nsid: 5, cntlid: 2 })
    const its = attachments(twin)
    await see(world)

    const { id } = onlyAssignment(world)
    await done(world, world.workflows.release(DEMO, id, {}))
    await release(world, id)

    expect(onlyAssignment(world).state).toBe('released')
    expect(attachments(twin)).toEqual(its)
  }
)

test('nor is its twin assigned as the drive that was seen', async () => {
  const world = await makeWorld(memoryStore(), { description: A })
  const { id: controllerId } = controllerAt(world, PLAIN)
  await swapped(world, B)

  const refusals = await refusalsOf(
    world.workflows.assign(DEMO, { controllerId, consumer: 'vm' })
  )

  expect(refusals).toMatchObject([{ check: 'identity-changed', device: PLAIN }])
  expect(refusals[0]?.reason).toContain(`PCI serial number ${BB}`)
})

test('a drive with another serial number than was handed out is refused, though it says the same of itself', async () => {
  const { store, world: first } = await handedOut()
  await seenAs(first, PLAIN, BB) // as a former nvirt had it

  const world = await makeWorld(store, { description: B, seed: 2, tends: true })
  onTestFinished(() => world.stop())
  const last = () => operations(world).at(-1)
  await until(world, 'refused', () => last()?.state === 'undone')

  const refusals = [{ check: 'identity-changed', device: PLAIN }]
  expect(last()).toMatchObject({ error: { detail: { refusals } } })
  expect(onlyAssignment(world).state).toBe('restoring')
  expect(world.machine.transcript).toEqual([])
})

const UNCLEANED = { state: 'quarantined', quarantine: 'not cleaned' }

/** Of a drive with a serial number of its own. */
async function handedOut() {
  const store = memoryStore()
  const world = await makeWorld(store, { description: A })
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  onTestFinished(() => world.stop())
  return { store, world }
}

/** In its slot, in the same boot, and nobody has scanned since. */
async function swapped({ hosts, hostId }: World, description: HostDescription) {
  const twin = await makeWorld(memoryStore(), { description })
  onTestFinished(() => twin.stop())
  const host = twin.hosts.get(hostId)
  if (!host) throw new Error('it is the same host')
  hosts.set(host)
  return twin
}

/** The row says so, whoever was there. */
async function seenAs(world: World, address: string, serialNumber: string) {
  const row = controllerAt(world, address)
  const pci = { ...row.observation.pci, serialNumber }
  const controllers = [{ ...row, observation: { ...row.observation, pci } }]
  const nothing = { virtualFunctions: [], namespaces: [] }
  await world.store.commit([{ write: 'reconcile', controllers, ...nothing }])
}

/** The drive is a consumer's, and its twin is plugged in. */
async function withTwin(): Promise<World> {
  const world = await twoOf(PLAIN)
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  await world.workflows.setDriftPolicy(DEMO, world.hostId, 'heal')
  await fire(world, { event: 'hot-plug', address: TWIN })
  expect(shown(world)).toMatchObject({ state: 'ready', drift: [{ kind: 'ambiguous' }] })
  return world
}

/** Of which only the one at this address is plugged in. */
async function twoOf(address: string): Promise<World> {
  const host = labLikeHost()
  const twin = placed(host, address, { address: TWIN, rootPort: '0000:00:06.0' }).filter(
    ({ controllers }) => controllers.some((one) => one.address === TWIN)
  )
  const description = { ...host, subsystems: [...host.subsystems, ...twin] }
  const world = await makeWorld(memoryStore(), { description, tends: true })
  onTestFinished(() => world.stop())
  await fire(world, { event: 'surprise-removal', address: TWIN })
  return world
}

function withSerial(address: string, deviceSerialNumber: string): HostDescription {
  const host = labLikeHost()
  return { ...host, subsystems: placed(host, address, { deviceSerialNumber }) }
}

function dualWithSerial(deviceSerialNumber: string): HostDescription {
  const host = dualController(NAMESPACES)
  const own = { ...host, subsystems: placed(host, FIRST, { deviceSerialNumber }) }
  return { ...own, subsystems: placed(own, SECOND, { deviceSerialNumber }) }
}

type Place = Partial<HostDescription['subsystems'][number]['controllers'][number]>

function placed({ subsystems }: HostDescription, address: string, place: Place) {
  return subsystems.map((subsystem) => ({
    ...subsystem,
    controllers: subsystem.controllers.map((controller) =>
      controller.address === address ? { ...controller, ...place } : controller
    ),
  }))
}

async function fire({ machine, inventory, hostId }: World, event: MachineEvent) {
  expect(await machine.drills.fire(event)).toEqual({ fired: true })
  await inventory.rescan(DEMO, hostId)
}

function shown(world: World) {
  return world.workflows.assignment(DEMO, onlyAssignment(world).id)
}

function present({ store, hostId }: World) {
  return store.read
    .inventoryOf(hostId)
    .controllers.filter((row) => row.present)
    .map(({ id, address, ambiguous }) => [id, address, ambiguous])
}

function driverOf({ machine }: World, address: string): string | null | undefined {
  return machine.snapshot().functions[address]?.driver
}
