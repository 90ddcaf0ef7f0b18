/** What two functions share, an IOMMU group or the namespaces of a subsystem, goes to one of them. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { byHand, diskNow, unbindByHand } from './by-hand.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf } from './trouble.ts'
import { OTHER, twoInOneGroup } from './two-in-one-group.ts'
import {
  bindByHand,
  controllerAt,
  done,
  groupOf,
  makeWorld,
  namespaceIds,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const VF2 = '0000:01:00.2'

test('a namespace that somebody attached since the last scan is in use as well when it is mounted', async () => {
  const description = demoFleet().hosts.find(({ name }) => name === 'rack3-dual-a')
  if (!description) throw new Error('the demo fleet has a drive with two controllers')
  const world = await makeWorld(memoryStore(), { description })
  const controller = controllerAt(world, '0000:81:00.0')
  const fn = controller.observation.address
  const { cntlid } = controller
  await byHand(world, { change: 'attachNamespace', pf: fn, nsid: 2, cntlid })
  world.machine.mount(await diskNow(world, 2), '/srv/new')

  const refusals = await refusalsOf(assignController(world, fn, 'vm'))

  expect(refusals).toMatchObject([
    { check: 'namespace-mounted', remedy: 'Unmount /srv/new.' },
  ])
})

test('of two consumers that ask at the same time for functions of one group, one gets it', async () => {
  const world = await makeWorld(memoryStore(), { description: twoInOneGroup() })
  for (const fn of [PLAIN, OTHER]) await unbindByHand(world, fn)
  await world.inventory.rescan(DEMO, world.hostId)

  const both = await Promise.all([
    assignController(world, PLAIN, 'one'),
    assignController(world, OTHER, 'another'),
  ])
  const ends = [await world.end(both[0]), await world.end(both[1])]

  expect(ends).toMatchObject([
    { state: 'succeeded' },
    { state: 'undone', error: { detail: { refusals: [{ check: 'group-shared' }] } } },
  ])
  expect(world.machine.snapshot().functions[OTHER]?.driver).toBeNull()
})

test('functions of one group go to one consumer, asked for at the same time or not', async () => {
  const world = await makeWorld(memoryStore(), { description: twoInOneGroup() })
  for (const fn of [PLAIN, OTHER]) await unbindByHand(world, fn)
  await world.inventory.rescan(DEMO, world.hostId)

  const both = await Promise.all([
    assignController(world, PLAIN, 'one'),
    assignController(world, OTHER, 'one'),
  ])

  for (const operation of both) {
    expect(await world.end(operation)).toMatchObject({ state: 'succeeded' })
  }
})

test('the host’s driver gets no VF of a group that a consumer has', async () => {
  const world = await makeWorld(memoryStore(), { description: vfsInOneGroup() })
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
  const wanted = [{ ioQueuePairs: 1, nsids: [3] }]

  const refusals = await refusalsOf(provision(world, wanted, 'nvme'))
  await done(world, provision(world, wanted, 'none'))

  expect(refusals).toMatchObject([{ check: 'group-shared', device: '0000:01:00.1' }])
})

test('nor one of a group that somebody bound to vfio-pci by hand', async () => {
  const world = await makeWorld(memoryStore(), { description: vfsInOneGroup() })
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  await bindByHand(world, VF2, 'vfio-pci')
  await world.inventory.rescan(DEMO, world.hostId)

  const refusals = await refusalsOf(
    provision(world, [{ ioQueuePairs: 1, nsids: [3] }], 'nvme')
  )

  expect(refusals).toMatchObject([{ check: 'group-shared', device: VF2 }])
})

test('who provisions for the host’s driver waits for whoever decides about the group', async () => {
  let goOn = () => {}
  const held = new Promise<void>((resolve) => (goOn = resolve))
  const world = await makeWorld(memoryStore(), {
    description: vfsInOneGroup(),
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => ({
          ...step,
          run: async (context) => {
            if (step.name === 'check-identity') await held
            return step.run(context)
          },
        })),
    }),
  })
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  const assigning = await world.workflows.assign(DEMO, {
    virtualFunctionId,
    consumer: 'vm',
    accept: ['not-tenant-safe'],
  })

  const provisioning = await provision(world, [{ ioQueuePairs: 1, nsids: [3] }], 'nvme')
  goOn()

  expect(provisioning).toMatchObject({ state: 'waiting', waitsFor: [assigning.id] })
  expect(await world.end(assigning)).toMatchObject({ state: 'succeeded' })
  expect(await world.end(provisioning)).toMatchObject({
    state: 'undone',
    error: { detail: { refusals: [{ check: 'group-shared' }] } },
  })
  expect(groupOf(world, VF2)).toBe(groupOf(world, '0000:01:00.1'))
})

test('VFs of two primaries of a subsystem that are asked for at the same time get one namespace once', async () => {
  const world = await makeWorld(memoryStore(), { description: twoPrimaries() })
  const asking = [PF, OTHER].map((address) => provisionOf(world, address, [2]))

  const results = await Promise.allSettled(asking)
  const [first] = results
  if (first?.status !== 'fulfilled') throw new Error('the first one is started')

  expect(await refusalsOf(asking[1] ?? Promise.resolve())).toMatchObject([
    { check: 'namespace-promised' },
  ])
  expect(await world.end(first.value)).toMatchObject({ state: 'succeeded' })
  expect(attachedTo(world, 2)).toHaveLength(1)
})

test('a primary goes with chosen namespaces, but not with those of a VF, while one with VFs stays', async () => {
  const world = await makeWorld(memoryStore(), { description: twoPrimaries() })
  await done(world, provisionOf(world, PF, [3]))
  const found = world.machine.snapshot()
  const { id: controllerId, cntlid } = controllerAt(world, OTHER)
  const assign = (namespaces: readonly string[]) =>
    world.workflows.assign(DEMO, { controllerId, namespaceIds: namespaces, consumer: 'vm' })

  const promised = await refusalsOf(assign(namespaceIds(world, [2, 3])))
  await done(world, assign(namespaceIds(world, [2])))
  expect(promised).toMatchObject([{ check: 'namespace-promised' }])
  expect(attachedTo(world, 2)).toEqual([cntlid])
  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))
  expect(world.machine.snapshot()).toEqual(found)
})

test('a namespace that a VF of another primary reaches is refused', async () => {
  const world = await makeWorld(memoryStore(), { description: twoPrimaries() })
  const other = pciAddress(OTHER)
  await byHand(world, { change: 'setAutoprobe', pf: other, enabled: false })
  await byHand(world, { change: 'setVfCount', pf: other, count: 8 })
  const vf = { pf: other, cntlid: virtualFunctionIn(world, OTHER).cntlid }
  await byHand(world, { change: 'attachNamespace', ...vf, nsid: 2 })
  await byHand(world, { change: 'attachNamespace', ...vf, nsid: 3 })
  await done(world, provisionOf(world, PF, [3]))
  for (const resource of ['vq', 'vi'] as const) {
    await byHand(world, { change: 'assignResources', ...vf, resource, count: 2 })
  }
  await byHand(world, { change: 'bringOnline', ...vf })

  const refusals = await refusalsOf(provisionOf(world, PF, [2]))

  expect(refusals).toMatchObject([{ check: 'namespace-attached-elsewhere' }])
  expect(refusals[0]?.reason).toContain(`controller ${vf.cntlid}`)
})

test('of a primary that does not answer nobody knows which VFs are in its pool', async () => {
  const world = await makeWorld(memoryStore(), { description: twoPrimaries() })
  const other = pciAddress(OTHER)
  const vf = { pf: other, cntlid: virtualFunctionIn(world, OTHER).cntlid }
  await byHand(world, { change: 'setAutoprobe', pf: other, enabled: false })
  await byHand(world, { change: 'setVfCount', pf: other, count: 8 })
  await byHand(world, { change: 'attachNamespace', ...vf, nsid: 2 })
  await unbindByHand(world, OTHER)

  const refusals = await refusalsOf(provisionOf(world, PF, [2]))

  expect(refusals).toMatchObject([{ check: 'namespace-attached-elsewhere' }])
})

test('a namespace that is declared of one primary is not given to another', async () => {
  const world = await makeWorld(memoryStore(), { description: twoPrimaries() })
  const policy = { count: 1, vq: {}, vi: {}, namespaceIds: [namespaceIds(world, [2])] }
  const declare = (address: string) =>
    world.workflows.declareVirtualFunctions(DEMO, controllerAt(world, address).id, policy)
  await declare(PF)

  for (const asking of [provisionOf(world, OTHER, [2]), declare(OTHER)])
    expect(await refusalsOf(asking)).toMatchObject([{ check: 'namespace-promised' }])
  await declare(PF)
})

function provisionOf(
  world: World,
  address: string,
  nsids: readonly number[]
): Promise<OperationView> {
  return world.workflows.provision(DEMO, controllerAt(world, address).id, {
    virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: namespaceIds(world, nsids) }],
  })
}

function assignController(world: World, address: string, consumer: string) {
  const controllerId = controllerAt(world, address).id
  return world.workflows.assign(DEMO, { controllerId, consumer })
}

function virtualFunctionIn(world: World, address: string) {
  const { id } = controllerAt(world, address)
  const { virtualFunctions } = world.store.read.inventoryOf(world.hostId)
  const row = virtualFunctions.find(({ controllerId }) => controllerId === id)
  if (!row) throw new Error(`${address} has no VF`)
  return row
}

function attachedTo({ machine }: World, nsid: number): readonly number[] {
  const of = Object.entries(machine.snapshot().attachments)
  return of.find(([name]) => name.endsWith(`sub0 ${nsid}`))?.[1] ?? []
}

/** The SR-IOV drive with a second port: two primaries, one set of namespaces. */
function twoPrimaries(): HostDescription {
  return withSriovDrive((drive) => ({
    ...drive,
    controllers: drive.controllers.flatMap((one) => [
      one,
      { ...one, address: OTHER, rootPort: '0000:00:06.0' },
    ]),
  }))
}

function vfsInOneGroup(): HostDescription {
  return withSriovDrive((drive) => ({
    ...drive,
    controllers: drive.controllers.map((one) => ({
      ...one,
      ...(one.sriov && { sriov: { ...one.sriov, vfGroup: 'vfs' } }),
    })),
  }))
}

type Drive = HostDescription['subsystems'][number]

function withSriovDrive(change: (drive: Drive) => Drive): HostDescription {
  const host = labLikeHost()
  return {
    ...host,
    subsystems: host.subsystems.map((drive) =>
      drive.controllers.some(({ sriov }) => sriov) ? change(drive) : drive
    ),
  }
}
