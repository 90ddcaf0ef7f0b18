/**
 * A reset of QEMU 7.2's primary takes its VFs away for good, behind Linux's back (emulator/devices/resets.ts): a consumer that
 * had one can be let go all the same, and the VF retired, which brings the others back.
 */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { labWith } from '../support/lab-with.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { done, makeWorld, PF, provision, virtualFunctionOf, type World } from './world.ts'

async function withoutDevice(): Promise<World> {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 2, nsids: [2] }]))
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  const accept = ['not-tenant-safe'] as const
  await done(
    world,
    world.workflows.assign(DEMO, { virtualFunctionId, consumer: 'vm', accept })
  )
  await world.machine.drills.fire({ event: 'function-reset', address: PF })
  await world.inventory.rescan(DEMO, world.hostId)
  return world
}

test('it cannot be cleaned, and stays its consumer’s', async () => {
  const world = await withoutDevice()

  const end = await world.end(
    await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  )

  expect(end).toMatchObject({ state: 'undone', error: { step: 'reset-function' } })
  expect(onlyAssignment(world)).toMatchObject({ state: 'ready' })
  await world.stop()
})

test('it is let go uncleaned and retired, and the next one is as good as new', async () => {
  const world = await withoutDevice()
  const { id } = virtualFunctionOf(world, 1)
  const assignment = onlyAssignment(world).id

  await done(world, world.workflows.release(DEMO, assignment, { acceptUncleaned: true }))
  await done(world, world.workflows.retire(DEMO, id))

  expect(onlyAssignment(world)).toMatchObject({ state: 'released' })
  expect(world.machine.snapshot().primaries[PF]?.vfCount).toBe(0)
  await done(world, provision(world, [{ ioQueuePairs: 2, nsids: [2] }]))
  await world.stop()
})

test('one that nvme had is let go without a driver while it is offline, and has its own again once it is healed', async () => {
  const world = await makeWorld(memoryStore(), {
    description: labWith('specification'),
  })
  await done(world, provision(world, [{ ioQueuePairs: 2, nsids: [2] }], 'nvme'))
  const { id } = virtualFunctionOf(world, 1)
  const accept = ['not-tenant-safe'] as const
  await done(
    world,
    world.workflows.assign(DEMO, { virtualFunctionId: id, consumer: 'vm', accept })
  )
  await world.machine.drills.fire({ event: 'controller-reset', address: PF })
  await world.inventory.rescan(DEMO, world.hostId)
  const assignment = onlyAssignment(world).id

  await done(world, world.workflows.release(DEMO, assignment, { acceptUncleaned: true }))
  const letGo = world.machine.snapshot().functions['0000:01:00.1']
  await done(world, world.workflows.heal(DEMO, id))

  expect(letGo).toEqual({ driver: null, override: 'nvme' })
  expect(world.machine.snapshot().functions['0000:01:00.1']).toEqual({
    driver: 'nvme',
    override: 'nvme',
  })
  await world.stop()
})
