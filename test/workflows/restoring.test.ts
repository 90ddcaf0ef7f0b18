/** What a reboot or a pulled drive took away is brought back, in order, before anybody is told that it is ready. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { MachineEvent } from '../../src/host/drills.ts'
import { MOST_ATTEMPTS } from '../../src/workflows/caretaker/attempts.ts'
import { memoryStore } from './memory-store.ts'
import { troubleOf } from './trouble.ts'
import {
  controllerAt,
  done,
  groupOf,
  makeWorld,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  write,
  type World,
} from './world.ts'

const VF1 = '0000:01:00.1'
const PAGE = { after: null, limit: 100 }

async function tended(description: HostDescription = labLikeHost()): Promise<World> {
  const world = await makeWorld(memoryStore(), { description, tends: true })
  const starting = world.inventory.start()
  await world.clock.advance(0)
  await starting
  onTestFinished(async () => {
    await world.inventory.stop()
    await world.stop()
  })
  return world
}

async function fire({ machine, clock }: World, event: MachineEvent): Promise<void> {
  expect(await machine.drills.fire(event)).toEqual({ fired: true })
  await clock.advance(400) // uevents, and the scan that they make
}

async function until(world: World, what: string, isSo: () => boolean): Promise<void> {
  for (let rounds = 0; rounds < 2_000; rounds++) {
    if (isSo()) return
    await world.clock.advance(50)
  }
  const { items } = world.workflows.operations(DEMO, {}, PAGE)
  throw new Error(`never ${what}: ${JSON.stringify(items.map((one) => one.error))}`)
}

const stateOf = ({ inventory, hostId }: World) => inventory.host(DEMO, hostId).state
const settled = (world: World) =>
  until(world, 'settled', () => {
    const host = world.store.read.host(world.hostId)
    return host?.bootId === host?.settledBootId
  })

function assignments({ workflows }: World) {
  return workflows.assignments(DEMO, PAGE).items
}

function told({ store }: World, prefix: RegExp): readonly string[] {
  return store.read
    .events(null, 0, 10_000)
    .map(({ type }) => type)
    .filter((type) => prefix.test(type))
}

/** Two VFs, one of them assigned, and a whole controller. */
async function handedOut(world: World): Promise<void> {
  await done(
    world,
    provision(world, [
      { ioQueuePairs: 2, nsids: [2] },
      { ioQueuePairs: 1, nsids: [3, 4] },
    ])
  )
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  await done(
    world,
    world.workflows.assign(DEMO, {
      virtualFunctionId,
      consumer: 'one',
      accept: ['not-tenant-safe'],
    })
  )
  const controllerId = controllerAt(world, PLAIN).id
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'two' }))
}

test('after a reboot everything that was handed out is back, in order, and only then is it ready', async () => {
  const world = await tended()
  await handedOut(world)
  const before = world.machine.snapshot()
  const groups = [groupOf(world, VF1), groupOf(world, PLAIN)]

  await world.machine.drills.fire({ event: 'reboot' })
  await until(world, 'rebooted', () => told(world, /^host\.rebooted$/).length === 1)
  const during = { state: stateOf(world), assignments: assignments(world) }
  await settled(world)

  expect(during.state).toBe('restoring')
  // The other one may be back already: it waits for no VF.
  expect(during.assignments[0]).toMatchObject({ state: 'restoring', handOver: null })
  expect(stateOf(world)).toBe('ready')
  expect(world.machine.snapshot()).toEqual(before)
  const now = [groupOf(world, VF1), groupOf(world, PLAIN)]
  expect(now).not.toEqual(groups)
  expect(
    assignments(world).map(({ state, handOver }) => [state, handOver?.iommuGroup])
  ).toEqual(now.map((group) => ['ready', group]))
  const order = told(world, /restored$/)
  expect(order.at(-1)).toBe('host.restored')
  expect(order.filter((type) => type === 'virtual-function.restored')).toHaveLength(2)
  const ofVf = told(world, /^(virtual-function\.restored|assignment\.restored)$/)
  expect(ofVf.at(-1)).toBe('assignment.restored')
  expect(told(world, /^assignment\.(lost|restoring)$/)).toEqual([
    'assignment.restoring',
    'assignment.restoring',
  ])
})

test('what was restored is released and retired as ever, and restored by a further boot', async () => {
  const world = await tended()
  const found = world.machine.snapshot()
  await handedOut(world)
  for (let boot = 0; boot < 2; boot++) {
    await fire(world, { event: 'reboot' })
    await until(world, 'rebooted', () => told(world, /rebooted/).length === boot + 1)
    await settled(world)
  }

  for (const { id } of assignments(world))
    await done(world, world.workflows.release(DEMO, id, { acceptUncleaned: true }))
  for (const number of [1, 2])
    await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, number).id))

  expect(world.machine.snapshot()).toEqual(found)
})

test('an assigned VF that lost its resources is healed back to its consumer, whatever the policy of its host', async () => {
  const world = await tended()
  await handedOut(world)
  const before = world.machine.snapshot()
  await fire(world, { event: 'controller-reset', address: PF })
  const { id } = virtualFunctionOf(world, 1)

  await done(world, world.workflows.heal(DEMO, virtualFunctionOf(world, 2).id))
  await done(world, world.workflows.heal(DEMO, id))
  const between = assignments(world).find(({ functionId }) => functionId === id)
  await until(world, 'handed over again', () =>
    assignments(world).every(({ state }) => state === 'ready')
  )

  expect(between).toMatchObject({ state: 'restoring', handOver: null })
  expect(world.machine.snapshot()).toEqual(before)
  expect(world.inventory.virtualFunction(DEMO, id).drift).toEqual([])
})

test('a drive that is pulled is lost, and its consumer has it again when it is back', async () => {
  const world = await tended()
  await handedOut(world)

  await fire(world, { event: 'surprise-removal', address: PF })
  const gone = assignments(world)[0]
  const refused = await troubleOf(
    world.workflows.assign(DEMO, {
      virtualFunctionId: virtualFunctionOf(world, 1).id,
      consumer: 'three',
    })
  )
  await fire(world, { event: 'hot-plug', address: PF })
  await until(world, 'back', () => assignments(world)[0]?.state === 'ready')

  expect(gone).toMatchObject({ state: 'lost', handOver: null })
  expect(refused).toMatchObject({ kind: 'wrong-state', state: 'assigned' })
  expect(told(world, /^assignment\.(lost|restoring|restored)$/)).toEqual([
    'assignment.lost',
    'assignment.restoring',
    'assignment.restored',
  ])
  expect(assignments(world)[0]).toMatchObject({
    handOver: { iommuGroup: groupOf(world, VF1) },
    drift: [],
  })
})

test('one that does not come back can be released', async () => {
  const world = await tended()
  await handedOut(world)
  await fire(world, { event: 'surprise-removal', address: PLAIN })
  const lost = assignments(world).find(({ state }) => state === 'lost')

  await done(
    world,
    world.workflows.release(DEMO, lost?.id ?? '', { acceptUncleaned: true })
  )

  expect(world.workflows.assignment(DEMO, lost?.id ?? '').state).toBe('released')
})

test('what cannot be brought back is tried a few times, and the host says that it is degraded', async () => {
  const world = await tended()
  await done(world, provision(world, [{ ioQueuePairs: 2, nsids: [2] }]))
  await world.machine.drills.arm({
    match: { call: 'admin', opcode: 0x1c },
    kind: { fault: 'status', status: 0x4006 },
  })

  await fire(world, { event: 'reboot' })
  await world.clock.advance(300_000)
  await settled(world)
  await world.clock.advance(600_000)

  const { items } = world.workflows.operations(DEMO, {}, PAGE)
  const tries = items.filter(({ workflow }) => workflow === 'restore-virtual-function')
  expect(tries.map(({ state }) => state)).toEqual(
    Array.from({ length: MOST_ATTEMPTS }, () => 'undone')
  )
  expect(stateOf(world)).toBe('degraded')
  const vf = world.inventory.virtualFunction(DEMO, virtualFunctionOf(world, 1).id)
  expect(vf.drift.map(({ kind }) => kind)).toContain('resources-lost')
})

test('VFs that somebody makes first in the new boot are used, and stay when the last of nvirt is retired', async () => {
  const world = await tended()
  await done(world, provision(world, [{ ioQueuePairs: 2, nsids: [2] }]))
  await world.inventory.stop()
  await world.machine.drills.fire({ event: 'reboot' })
  await write(world.machine, `/sys/bus/pci/devices/${PF}/sriov_numvfs`, '4')

  await world.inventory.rescan(DEMO, world.hostId)
  await settled(world)
  const restored = virtualFunctionOf(world, 1).secondaryState
  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))

  expect(restored).toBe('online')
  expect(world.machine.snapshot().primaries[PF]?.vfCount).toBe(4)
})

test('a drive in another slot is found again by its identity', async () => {
  const store = memoryStore()
  const first = await makeWorld(store)
  const { id } = controllerAt(first, PLAIN)
  await done(first, first.workflows.assign(DEMO, { controllerId: id, consumer: 'vm' }))
  await first.stop()

  const moved = inSlot(labLikeHost(), '0000:03:00.0', '0000:00:06.0')
  const world = await makeWorld(store, { description: moved, seed: 2, tends: true })
  onTestFinished(() => world.stop())
  await settled(world)

  expect(assignments(world)).toMatchObject([
    { functionId: id, state: 'ready', handOver: { address: '0000:03:00.0' } },
  ])
})

function inSlot(host: HostDescription, address: string, rootPort: string) {
  return {
    ...host,
    subsystems: host.subsystems.map((subsystem) => ({
      ...subsystem,
      controllers: subsystem.controllers.map((controller) =>
        controller.address === PLAIN ? { ...controller, address, rootPort } : controller
      ),
    })),
  }
}

test('of two drives that claim one identity none is handed over', async () => {
  const store = memoryStore()
  const first = await makeWorld(store)
  const { id } = controllerAt(first, PLAIN)
  await done(first, first.workflows.assign(DEMO, { controllerId: id, consumer: 'vm' }))
  await first.stop()

  const host = labLikeHost()
  const [twin] = inSlot(host, '0000:03:00.0', '0000:00:06.0').subsystems.slice(1)
  const description = { ...host, subsystems: [...host.subsystems, ...(twin ? [twin] : [])] }
  const world = await makeWorld(store, { description, seed: 2, tends: true })
  onTestFinished(() => world.stop())
  await settled(world)

  expect(assignments(world)).toMatchObject([
    { state: 'restoring', drift: [{ kind: 'ambiguous' }] },
  ])
  expect(stateOf(world)).toBe('degraded')
  expect(world.machine.transcript).toEqual([])
})
