/** What a drive was like at hand-over is compared with what it is like when it comes back, whatever lies between. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { controllerAt, done, makeWorld, PLAIN, type World } from './world.ts'

test('a drive that was restored to its consumer is compared with what it was at hand-over', async () => {
  const world = await assigned()
  const { condition } = onlyAssignment(world).before ?? {}
  await world.machine.drills.fire({ event: 'reboot' })
  await world.inventory.rescan(DEMO, world.hostId)

  await done(world, world.workflows.heal(DEMO, onlyAssignment(world).functionId))
  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(condition).toMatchObject({ firmware: '7.2.22' })
  expect(evidenceIn(world)).toMatchObject({
    condition: { handedOver: condition, returned: { firmware: '7.2.22' } },
  })
  expect(onlyAssignment(world).state).toBe('released')
})

test('one that comes back with other firmware is cleaned, and quarantined for it', async () => {
  const former = await assigned()
  await former.stop()
  const world = await makeWorld(former.store, { description: updated(), seed: 2 })

  await done(world, world.workflows.heal(DEMO, onlyAssignment(world).functionId))
  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))
  const quarantined = onlyAssignment(world)
  const accept = { acceptUncleaned: true }
  await done(world, world.workflows.release(DEMO, quarantined.id, accept))

  expect(evidenceIn(world)).toMatchObject({
    namespaces: [{ nsid: 1, markersLeft: 0 }],
    condition: {
      handedOver: { firmware: '7.2.22' },
      returned: { firmware: '7.2.23' },
      cleaned: { firmware: '7.2.23' },
    },
  })
  expect(quarantined).toMatchObject({
    state: 'quarantined',
    quarantine: 'its firmware was 7.2.22 at hand-over, and is 7.2.23',
  })
  expect(onlyAssignment(world).state).toBe('released')
})

test('released again it is not erased again, and quarantined for the same', async () => {
  const former = await assigned()
  await former.stop()
  const world = await makeWorld(former.store, { description: updated(), seed: 2 })
  await done(world, world.workflows.heal(DEMO, onlyAssignment(world).functionId))
  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))
  const { quarantine } = onlyAssignment(world)

  const releasing = world.workflows.release(DEMO, onlyAssignment(world).id, {})
  const { steps } = await done(world, releasing)

  expect(steps.map(({ name }) => name)).toContain('record-namespaces')
  expect(steps.map(({ name }) => name)).not.toContain('erase')
  expect(onlyAssignment(world)).toMatchObject({ state: 'quarantined', quarantine })
})

/** The same host after a reboot, its drives with another firmware. */
function updated() {
  const lab = labLikeHost()
  const subsystems = lab.subsystems.map((drive) => ({ ...drive, firmware: '7.2.23' }))
  return { ...lab, subsystems }
}

async function assigned(): Promise<World> {
  const world = await makeWorld(memoryStore())
  const controllerId = controllerAt(world, PLAIN).id
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  return world
}

function evidenceIn({ store }: World): unknown {
  const events = store.read.events(null, 0, 1_000)
  return events.find(({ type }) => type === 'assignment.cleaned')?.detail
}
