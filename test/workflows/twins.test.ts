/** Two drives that say the same of themselves: what was handed out with the one never becomes the other's. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { MachineEvent } from '../../src/host/drills.ts'
import { assign, operations, release, settled, until } from './declared-world.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
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

test('a drive with another serial number than was handed out is refused, though it says the same of itself', async () => {
  const store = memoryStore()
  const first = await makeWorld(store, { description: withSerial('00000000000000aa') })
  const { id } = controllerAt(first, PLAIN)
  await done(first, first.workflows.assign(DEMO, { controllerId: id, consumer: 'vm' }))
  await first.stop()

  const description = withSerial('00000000000000bb')
  const world = await makeWorld(store, { description, seed: 2, tends: true })
  onTestFinished(() => world.stop())
  const last = () => operations(world).at(-1)
  await until(world, 'refused', () => last()?.state === 'undone')

  const refusals = [{ check: 'identity-changed', device: PLAIN }]
  expect(last()).toMatchObject({ error: { detail: { refusals } } })
  expect(onlyAssignment(world).state).toBe('restoring')
  expect(world.machine.transcript).toEqual([])
})

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

function withSerial(deviceSerialNumber: string): HostDescription {
  const host = labLikeHost()
  return { ...host, subsystems: placed(host, PLAIN, { deviceSerialNumber }) }
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
