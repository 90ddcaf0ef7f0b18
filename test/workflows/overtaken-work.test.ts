/** What the caretaker has seen to be done may have been asked for, and be over, before its turn comes. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { Store, StoreWrite } from '../../src/store/store.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { controllerAt, done, makeWorld, PLAIN, provision } from './world.ts'

const RESTORE_VF = 'restore-virtual-function'

test('a controller that was released while a VF was about to be restored is not brought back to its consumer', async () => {
  const { store, isAsked, letGo } = slowToBegin(RESTORE_VF)
  const world = await makeWorld(store, { tends: true })
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  await world.machine.drills.fire({ event: 'reboot' })
  await world.inventory.rescan(DEMO, world.hostId)
  await isAsked
  const { id } = onlyAssignment(world)
  const request = { acceptUncleaned: true }

  await done(world, world.workflows.release(DEMO, id, request))
  letGo()
  await world.clock.advance(60_000)

  expect(onlyAssignment(world).state).toBe('released')
  expect(world.machine.snapshot().functions[PLAIN]).toEqual({
    driver: 'nvme',
    override: null,
  })
  expect(workflowsOf(store)).toContain(RESTORE_VF)
  expect(workflowsOf(store)).not.toContain('restore-assignment')
  await world.stop()
})

/** The first operation of that workflow is not begun until it is let go. */
function slowToBegin(workflow: string) {
  const store = memoryStore()
  let ask = () => {}
  let letGo = () => {}
  const isAsked = new Promise<void>((resolve) => (ask = resolve))
  const isLetGo = new Promise<void>((resolve) => (letGo = resolve))
  const isIt = (write: StoreWrite) =>
    write.write === 'createOperation' && write.operation.workflow === workflow
  const slow: Store = {
    ...store,
    commit: async (writes) => {
      if (writes.some(isIt)) {
        ask()
        await isLetGo
      }
      return store.commit(writes)
    },
  }
  return { store: slow, isAsked, letGo }
}

function workflowsOf({ read }: Store): readonly string[] {
  const page = { after: null, limit: 100 }
  return read.operations({ tenant: null }, page).items.map(({ workflow }) => workflow)
}
