/** A host that a former version began to bring back, and that another one finds so in the same boot. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { seenController } from '../../src/inventory/scanned-row.ts'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import type { Kernel, Lane } from '../../src/kernel/kernel.ts'
import type { Store, StoreWrite } from '../../src/store/store.ts'
import { unbindByHand } from './by-hand.ts'
import { settled, sizes, tended, told, until } from './declared-world.ts'
import { memoryStore } from './memory-store.ts'
import { controllerAt, done, makeWorld, PF, PLAIN, provision } from './world.ts'

const VF1 = '0000:01:00.1'

test('a host that a former nvirt has not brought back to the end is brought back by this one', async () => {
  const store = await leftHalfWay('none')
  const world = await tended({ seed: 2 }, store)
  await settled(world)

  const { observation } = controllerAt(world, PF)
  await world.inventory.rescan(DEMO, world.hostId)

  expect(sizes(world)).toEqual([[1, 3, 3]])
  expect(world.inventory.host(DEMO, world.hostId).state).toBe('ready')
  expect(observation.takenVfs).toEqual([])
  expect(controllerAt(world, PF).observation).not.toHaveProperty('takenVfs')
})

test('and what somebody changes of it then is reported only, while the rest is not back', async () => {
  const store = await leftHalfWay('nvme')
  const written: StoreWrite[] = []
  const commit: Store['commit'] = (writes) => (
    written.push(...writes),
    store.commit(writes)
  )
  const world = await tended({ seed: 2, kernel: refusingVfio }, { ...store, commit })
  await until(world, 'back', () => told(world, /^virtual-function\.restored$/).length === 1)
  await world.inventory.rescan(DEMO, world.hostId)
  written.length = 0

  await world.inventory.rescan(DEMO, world.hostId)
  const again = written.flatMap((one) => (one.write === 'reconcile' ? one.controllers : []))
  await unbindByHand(world, VF1)
  await world.inventory.rescan(DEMO, world.hostId)
  const meanwhile = world.inventory.host(DEMO, world.hostId).state
  await world.clock.advance(60_000)

  expect(again.map(({ address }) => address)).toEqual([])
  expect(meanwhile).toBe('restoring')
  expect(world.machine.snapshot().functions[VF1]?.driver).toBeNull()
})

/**
 * A VF that a reboot took, and a controller that is assigned, as an nvirt leaves them that remembers no VF and has only
 * begun with the host.
 */
async function leftHalfWay(driver: 'none' | 'nvme'): Promise<Store> {
  const store = memoryStore()
  const first = await makeWorld(store)
  await done(first, provision(first, [{ ioQueuePairs: 2, nsids: [2] }], driver))
  const controllerId = controllerAt(first, PLAIN).id
  await done(first, first.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  await first.stop()
  const rebooted = await makeWorld(store, { seed: 2 })
  const row = controllerAt(rebooted, PF)
  const { takenVfs: _, ...observation } = row.observation
  const controllers = [{ ...seenController(row), observation }]
  const none = { virtualFunctions: [], namespaces: [] }
  await store.commit([{ write: 'reconcile', controllers, ...none }])
  await rebooted.stop()
  return store
}

/** Whatever is to go to a consumer does not. */
function refusingVfio(kernel: Kernel): Kernel {
  const refusing = (lane: Lane): Lane => ({
    ...lane,
    call: (call, options) =>
      call.call === 'write' && call.text === 'vfio-pci\n'
        ? Promise.reject(new KernelError('write', call.path, 'EIO'))
        : lane.call(call, options),
  })
  return { ...kernel, lane: (key) => refusing(kernel.lane(key)) }
}
