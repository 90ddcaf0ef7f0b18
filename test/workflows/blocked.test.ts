import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import type { Step } from '../../src/saga/workflow.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import { byHand } from './by-hand.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf } from './trouble.ts'
import {
  bindByHand,
  controllerAt,
  diskOf,
  done,
  groupOf,
  makeWorld,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const POOL_VF = '0000:01:00.5'
const ONE = [{ ioQueuePairs: 1, nsids: [2] }]

test('retiring the last VF waits in the kernel for who has another one open, and says who', async () => {
  const world = await makeWorld(memoryStore())
  const found = world.machine.snapshot()
  await done(world, provision(world, ONE))
  await bindByHand(world, POOL_VF, 'vfio-pci')
  const giveBack = world.machine.holdVfioGroup(groupOf(world, POOL_VF), 'qemu-system-x86')

  const retiring = await world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id)
  const blocked = await world.until(retiring, (state) => state === 'blocked')
  const written = world.machine.transcript.length
  const next = await world.restart()
  await next.workflows.resume()
  await next.clock.advance(10_000)
  const still = next.workflows.operation(DEMO, retiring.id)

  expect(blocked.blocked).toMatchObject({
    call: expect.stringContaining('sriov_numvfs') as string,
    holders: [{ command: 'qemu-system-x86' }],
  })
  expect(still.state).toBe('blocked')
  expect(world.machine.transcript, 'nothing is written again').toHaveLength(written)
  giveBack()
  expect(await next.end(retiring)).toMatchObject({ state: 'succeeded' })
  expect(world.machine.transcript).toHaveLength(written + 1) // autoprobe
  expect(world.machine.snapshot()).toEqual(found)
})

test('meanwhile other controllers are assigned, and the blocked one answers why not', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, ONE))
  await bindByHand(world, POOL_VF, 'vfio-pci')
  world.machine.holdVfioGroup(groupOf(world, POOL_VF), 'qemu-system-x86')
  const retiring = await world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id)
  await world.until(retiring, (state) => state === 'blocked')

  const refusals = await refusalsOf(provision(world, ONE))
  const { id } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId: id, consumer: 'vm' }))

  expect(refusals).toMatchObject([{ check: 'function-blocked' }])
  expect(onlyAssignment(world).state).toBe('ready')
  expect(world.workflows.operation(DEMO, retiring.id).state).toBe('blocked')
})

test('VFs are not taken from under a file system that somebody mounted', async () => {
  let unmount = () => {}
  const mount = async () => void (unmount = await mountThrough(world, POOL_VF))
  const world: World = await makeWorld(memoryStore(), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) => workflow.steps(params).map(beginningWith('return-to-pool', mount)),
    }),
  })
  const found = world.machine.snapshot()
  await done(world, provision(world, ONE))

  const retiring = await world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id)
  const blocked = await world.until(retiring, (state) => state === 'blocked')
  await world.clock.advance(10_000)
  const later = world.workflows.operation(DEMO, retiring.id)

  expect(blocked.blocked).toMatchObject({
    call: expect.stringContaining('/srv/somebodys') as string,
  })
  expect(later.blocked, 'the same wait, since when it began').toEqual(blocked.blocked)
  unmount()
  const pf = pciAddress(PF)
  await byHand(world, { change: 'unbind', fn: pciAddress(POOL_VF) })
  await byHand(world, { change: 'takeOffline', pf, cntlid: 5 })
  expect(await world.end(retiring)).toMatchObject({ state: 'succeeded' })
  expect(world.machine.snapshot()).toEqual(found)
})

test('a release waits, without a write, for a consumer that came after the request', async () => {
  let giveBack = () => {}
  const world: World = await makeWorld(memoryStore(), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) => workflow.steps(params).map(beginningWith('check-released', hold)),
    }),
  })
  function hold() {
    giveBack = world.machine.holdVfioGroup(groupOf(world, PLAIN), 'qemu-system-x86')
  }
  const { id } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId: id, consumer: 'vm' }))
  const written = world.machine.transcript.length

  const releasing = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  const blocked = await world.until(releasing, (state) => state === 'blocked')

  expect(blocked.blocked).toMatchObject({ holders: [{ command: 'qemu-system-x86' }] })
  expect(world.machine.transcript).toHaveLength(written)
  giveBack()
  expect(await world.end(releasing)).toMatchObject({ state: 'succeeded' })
})

/** Does something when the step is begun for the first time. */
function beginningWith(name: string, first: () => void | Promise<void>) {
  let isBegun = false
  return (step: Step<StoreWrite>): Step<StoreWrite> => ({
    ...step,
    run: async (context) => {
      if (step.name === name && !isBegun) {
        isBegun = true
        await first()
      }
      return step.run(context)
    },
  })
}

/** A VF of the pool that somebody brought up by hand, and uses. */
async function mountThrough(world: World, address: string): Promise<() => void> {
  const fn = { cntlid: 5, pf: pciAddress(PF) }
  await byHand(world, { change: 'assignResources', ...fn, resource: 'vq', count: 2 })
  await byHand(world, { change: 'assignResources', ...fn, resource: 'vi', count: 2 })
  await byHand(world, { change: 'bringOnline', ...fn })
  await byHand(world, { change: 'attachNamespace', ...fn, nsid: 3 })
  await bindByHand(world, address, 'nvme')
  await world.inventory.rescan(DEMO, world.hostId)
  return world.machine.mount(diskOf(world, 3), '/srv/somebodys')
}
