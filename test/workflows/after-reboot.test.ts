/** A reboot takes VFs, bindings and resources away; what was promised is still in the rows. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { troubleOf } from './trouble.ts'
import {
  controllerAt,
  done,
  makeWorld,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  write,
} from './world.ts'

const ONE = [{ ioQueuePairs: 1, nsids: [2] }]

test('a provisioned VF is disabled, cannot be assigned, and can be retired', async () => {
  const { world, found } = await rebooted(async (before) => {
    await done(before, provision(before, ONE))
  })
  const { id } = virtualFunctionOf(world, 1)

  const assigning = world.workflows.assign(DEMO, {
    virtualFunctionId: id,
    consumer: 'vm',
    accept: ['not-tenant-safe'],
  })
  expect(await troubleOf(assigning)).toMatchObject({ state: 'disabled' })
  await done(world, world.workflows.retire(DEMO, id))

  expect(world.machine.snapshot()).toEqual(found)
  expect(controllerAt(world, PF).sriovBefore).toBeNull()
})

test('VFs that somebody else enabled in the new boot stay when the last one of nvirt is retired', async () => {
  const { world } = await rebooted(async (before) => {
    await done(before, provision(before, ONE))
  })
  await write(world.machine, `/sys/bus/pci/devices/${PF}/sriov_numvfs`, '3')
  await world.inventory.rescan(DEMO, world.hostId)

  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))

  const { primaries } = world.machine.snapshot()
  expect(primaries[PF]).toMatchObject({ vfCount: 3, autoprobe: true })
  expect(controllerAt(world, PF).sriovBefore).toBeNull()
})

test('an assigned VF has gone, and its release writes nothing', async () => {
  const { world } = await rebooted(async (before) => {
    await done(before, provision(before, ONE))
    const { id } = virtualFunctionOf(before, 1)
    await done(
      before,
      before.workflows.assign(DEMO, {
        virtualFunctionId: id,
        consumer: 'vm',
        accept: ['not-tenant-safe'],
      })
    )
  })

  await done(
    world,
    world.workflows.release(DEMO, onlyAssignment(world).id, { acceptUncleaned: true })
  )
  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))

  expect(world.machine.transcript).toEqual([])
})

test('an assigned controller is the host’s again, and its release leaves it so', async () => {
  const { world, found } = await rebooted(async (before) => {
    const { id } = controllerAt(before, PLAIN)
    await done(before, before.workflows.assign(DEMO, { controllerId: id, consumer: 'vm' }))
  })

  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(onlyAssignment(world).state).toBe('quarantined')
  expect(world.machine.snapshot()).toEqual(found)
  expect(world.machine.transcript).toEqual([])
})

async function rebooted(
  before: (world: Awaited<ReturnType<typeof makeWorld>>) => Promise<void>
) {
  const store = memoryStore()
  const first = await makeWorld(store)
  await before(first)
  await first.stop()
  const world = await makeWorld(store, { seed: 2 })
  const events = store.read.events(null, 0, 1_000).map(({ type }) => type)
  expect(events).toContain('host.rebooted')
  return { world, found: world.machine.snapshot() }
}
