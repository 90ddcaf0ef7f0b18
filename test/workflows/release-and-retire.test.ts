import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf, troubleOf } from './trouble.ts'
import {
  bindByHand,
  controllerAt,
  diskOf,
  done,
  makeWorld,
  PLAIN,
  provision,
  virtualFunctionOf,
  write,
  type World,
  type WorldOptions,
} from './world.ts'

const NO_ID = '00000000-0000-5000-8000-000000000000'

test('what does not exist is neither released nor retired', async () => {
  const { workflows } = await makeWorld(memoryStore())

  expect(await troubleOf(workflows.release(DEMO, NO_ID, {}))).toMatchObject({
    kind: 'not-found',
    resource: 'assignment',
  })
  expect(await troubleOf(workflows.retire(DEMO, NO_ID))).toMatchObject({
    kind: 'not-found',
    resource: 'virtual function',
  })
})

test('an assigned VF is not retired; one that could not be cleaned neither, until that is accepted', async () => {
  const world = await assignedVf()
  const { workflows } = world
  const { id } = virtualFunctionOf(world, 1)

  const assigned = await troubleOf(workflows.retire(DEMO, id))
  const found = world.machine.snapshot()
  const match = { call: 'admin', opcode: 0x80 } as const
  const kind = { fault: 'status', status: 0x4006 } as const
  const takeBack = world.machine.faults.add({ match, kind })
  await world.end(await workflows.release(DEMO, onlyAssignment(world).id, {}))
  const quarantined = [
    await troubleOf(workflows.retire(DEMO, id)),
    await troubleOf(
      workflows.assign(DEMO, {
        virtualFunctionId: id,
        consumer: 'vm',
        accept: ['not-tenant-safe'],
      })
    ),
  ]
  takeBack()
  await done(world, workflows.release(DEMO, onlyAssignment(world).id, ACCEPTED))

  expect(assigned).toMatchObject({
    kind: 'wrong-state',
    state: 'assigned',
    allowedFrom: ['provisioned', 'disabled', 'half-retired'],
  })
  expect(quarantined).toMatchObject([{ state: 'quarantined' }, { state: 'quarantined' }])
  const asBeforeItsAssignment = { driver: null, override: null }
  expect(world.machine.snapshot()).toEqual({
    ...found,
    functions: { ...found.functions, '0000:01:00.1': asBeforeItsAssignment },
  })
  expect(onlyAssignment(world).state).toBe('released')
  await done(world, workflows.retire(DEMO, id))
})

test('what is not ready yet is not released, nor what never will be', async () => {
  const world = await makeWorld(memoryStore(), { adapt: failingIn('record-binding') })
  const { workflows } = world
  const { id: controllerId } = controllerAt(world, PLAIN)
  const operation = await workflows.assign(DEMO, { controllerId, consumer: 'vm' })
  const { id } = onlyAssignment(world)

  const requested = await troubleOf(workflows.release(DEMO, id, {}))
  await world.end(operation)
  const failed = [
    await troubleOf(workflows.release(DEMO, id, {})),
    await troubleOf(workflows.release(DEMO, id, ACCEPTED)),
  ]

  expect(requested).toMatchObject({
    kind: 'wrong-state',
    state: 'requested',
    allowedFrom: ['ready', 'restoring', 'lost', 'quarantined'],
  })
  expect(failed).toMatchObject([
    { kind: 'wrong-state', state: 'failed' },
    { kind: 'wrong-state', state: 'failed' },
  ])
})

test('freeing what was not cleaned is an event that says so', async () => {
  const world = await assignedVf()

  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, ACCEPTED))

  const events = world.store.read.events(null, 0, 1_000)
  expect(events.filter(({ subject }) => subject.kind === 'assignment')).toMatchObject([
    { type: 'assignment.ready', detail: { vfioPath: '/dev/vfio/9' } },
    { type: 'assignment.freed-uncleaned', actor: 'demo' },
    { type: 'assignment.released' },
  ])
})

test('what a consumer has open is not released, and the consumer is named', async () => {
  const world = await assignedVf()
  const group = onlyAssignment(world).handOver?.iommuGroup ?? 0
  const giveBack = world.machine.holdVfioGroup(group, 'qemu-system-x86')

  const refusals = await refusalsOf(
    world.workflows.release(DEMO, onlyAssignment(world).id, {})
  )
  giveBack()

  expect(refusals).toMatchObject([{ check: 'group-held', device: `/dev/vfio/${group}` }])
  expect(refusals[0]?.reason).toContain('qemu-system-x86')
  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))
})

test('what a process that nvirt cannot see has open is neither released nor taken back', async () => {
  const world = await assignedVf()
  const group = onlyAssignment(world).handOver?.iommuGroup ?? 0
  const giveBack = world.machine.holdVfioGroup(group, null)

  const refusals = await refusalsOf(
    world.workflows.release(DEMO, onlyAssignment(world).id, {})
  )
  giveBack()

  expect(refusals).toMatchObject([{ check: 'group-held', device: `/dev/vfio/${group}` }])
  expect(refusals[0]?.reason).toContain('out of sight')
  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))
})

test('a controller that vfio-pci had by its ids is released to it', async () => {
  const world = await makeWorld(memoryStore())
  const override = `/sys/bus/pci/devices/${PLAIN}/driver_override`
  await write(world.machine, '/sys/bus/pci/drivers/nvme/unbind', PLAIN)
  await bindByHand(world, PLAIN, 'vfio-pci')
  await write(world.machine, override, '\n')
  await world.inventory.rescan(DEMO, world.hostId)
  const found = world.machine.snapshot()
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))

  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(onlyAssignment(world).state).toBe('released')
  expect(world.machine.snapshot()).toEqual(found)
})

test('a VF with a mounted disk is not retired', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }], 'nvme'))
  const unmount = world.machine.mount(diskOf(world, 2), '/srv/in-use')
  const { id } = virtualFunctionOf(world, 1)

  const refusals = await refusalsOf(world.workflows.retire(DEMO, id))
  unmount()

  expect(refusals).toMatchObject([
    { check: 'namespace-mounted', remedy: 'Unmount /srv/in-use.' },
  ])
  await done(world, world.workflows.retire(DEMO, id))
})

test('a VF that its primary took offline is retired all the same', async () => {
  const world = await makeWorld(memoryStore())
  const found = world.machine.snapshot()
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  const reset = '/sys/bus/pci/devices/0000:01:00.0/nvme/nvme0/reset_controller'
  await write(world.machine, reset, '1')

  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))

  expect(world.machine.snapshot()).toEqual(found)
})

test('two that are retired at once leave the primary as it was found', async () => {
  const world = await makeWorld(memoryStore())
  const found = world.machine.snapshot()
  await done(
    world,
    provision(world, [
      { ioQueuePairs: 1, nsids: [2] },
      { ioQueuePairs: 1, nsids: [3] },
    ])
  )

  const both = await Promise.all(
    [1, 2].map((number) =>
      world.workflows.retire(DEMO, virtualFunctionOf(world, number).id)
    )
  )
  for (const operation of both) await world.end(operation)

  expect(world.machine.snapshot()).toEqual(found)
})

test('a controller is the host’s again, with the driver that it had', async () => {
  const world = await makeWorld(memoryStore())
  const found = world.machine.snapshot()
  const { id } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId: id, consumer: 'vm' }))

  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(world.machine.snapshot()).toEqual(found)
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

const ACCEPTED = { acceptUncleaned: true }

function failingIn(name: string): WorldOptions['adapt'] {
  const fail = () => Promise.reject(new Error('made to fail'))
  return (workflow) => ({
    ...workflow,
    steps: (params) =>
      workflow
        .steps(params)
        .map((step) => (step.name === name ? { ...step, run: fail } : step)),
  })
}

async function assignedVf(): Promise<World> {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  await done(
    world,
    world.workflows.assign(DEMO, {
      virtualFunctionId,
      consumer: 'vm',
      accept: ['not-tenant-safe'],
    })
  )
  return world
}
