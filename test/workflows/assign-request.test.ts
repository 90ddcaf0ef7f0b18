import { expect, test } from 'vitest'
import { DEMO, type Caller } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf, troubleOf } from './trouble.ts'
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

const NO_ID = '00000000-0000-5000-8000-000000000000'

test.for([
  [{ consumer: 'vm' }, { kind: 'invalid', field: 'virtualFunctionId' }],
  [{ consumer: 'vm', virtualFunctionId: NO_ID, controllerId: NO_ID }, { kind: 'invalid' }],
  [
    { consumer: 'vm', virtualFunctionId: NO_ID },
    { kind: 'not-found', resource: 'virtual function' },
  ],
  [
    { consumer: 'vm', controllerId: NO_ID },
    { kind: 'not-found', resource: 'controller' },
  ],
  [
    { consumer: ' ', controllerId: NO_ID },
    { kind: 'invalid', field: 'consumer' },
  ],
  [
    { consumer: 'x'.repeat(201), controllerId: NO_ID },
    { kind: 'invalid', field: 'consumer' },
  ],
] as const)('assigning %j is refused', async ([request, trouble]) => {
  const world = await makeWorld(memoryStore())

  expect(await troubleOf(world.workflows.assign(DEMO, request))).toMatchObject(trouble)
})

test('a VF of the pool cannot be assigned, and the states from which it could are named', async () => {
  const world = await makeWorld(memoryStore())

  expect(await troubleOf(assignVf(world, 1))).toMatchObject({
    kind: 'wrong-state',
    state: 'pool',
    allowedFrom: ['provisioned'],
  })
})

test('a controller with provisioned VFs cannot be assigned, nor one with VFs of somebody else', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))
  const divided = await refusalsOf(assignController(world, PF))

  const other = await makeWorld(memoryStore())
  await writeAttribute(other, `${PF}/sriov_numvfs`, '2')
  const foreign = await refusalsOf(assignController(other, PF))

  expect(divided).toMatchObject([{ check: 'takes-down-secondary', device: PF }])
  expect(foreign).toMatchObject([{ check: 'has-virtual-functions', device: PF }])
})

test('a VF whose primary is ambiguous cannot be assigned, nor retired', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))
  const { sriovBefore: _, ...primary } = controllerAt(world, PF)
  const controllers = [{ ...primary, ambiguous: true }]
  const rows = { controllers, virtualFunctions: [], namespaces: [] }
  await world.store.commit([{ write: 'reconcile', ...rows }])

  const { id } = virtualFunctionOf(world, 1)
  const refused = [
    await troubleOf(assignVf(world, 1)),
    await troubleOf(world.workflows.retire(DEMO, id)),
  ]

  expect(refused).toMatchObject([
    { kind: 'wrong-state', state: 'ambiguous', allowedFrom: ['provisioned'] },
    { kind: 'wrong-state', state: 'ambiguous' },
  ])
})

test('a controller with a mounted namespace is refused, naming the mount', async () => {
  const world = await makeWorld(memoryStore())
  world.machine.mount('nvme1n1', '/srv/somebodys')

  const refusals = await refusalsOf(assignController(world, PLAIN))

  expect(refusals).toMatchObject([
    {
      check: 'namespace-mounted',
      device: '/dev/nvme1n1',
      remedy: 'Unmount /srv/somebodys.',
    },
  ])
  expect(world.machine.transcript).toEqual([])
})

test('what is mounted after the request is refused by the operation, which is undone', async () => {
  const world = await makeWorld(memoryStore(), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => ({
          ...step,
          run: (context) => {
            if (step.name === 'record-binding') world.machine.mount('nvme1n1', '/srv/late')
            return step.run(context)
          },
        })),
    }),
  })

  const operation = await world.end(await assignController(world, PLAIN))

  expect(operation).toMatchObject({
    state: 'undone',
    error: { step: 'not-in-use', detail: { refusals: [{ check: 'namespace-mounted' }] } },
  })
  expect(onlyAssignment(world).state).toBe('failed')
  expect(world.machine.transcript).toEqual([])
})

test('without an IOMMU nothing can be assigned', async () => {
  const world = await makeWorld(memoryStore(), {
    description: { ...labLikeHost(), iommu: false },
  })

  const refusals = await refusalsOf(assignController(world, PLAIN))

  expect(refusals).toMatchObject([{ check: 'no-iommu-group', device: PLAIN }])
})

test('a sibling that the host uses is refused, naming it', async () => {
  const world = await makeWorld(memoryStore(), { description: inOneGroup() })

  const refusals = await refusalsOf(assignController(world, PLAIN))

  expect(refusals).toMatchObject([{ check: 'group-not-viable', device: PF }])
})

test('while an operation decides about a function, another is a conflict that names it', async () => {
  const world = await makeWorld(memoryStore())
  const operation = await assignController(world, PLAIN)

  const trouble = await troubleOf(assignController(world, PLAIN))

  expect(trouble).toEqual({ kind: 'conflict', device: PLAIN, operationId: operation.id })
  expect(world.workflows.changing(controllerAt(world, PLAIN).id)).toBe(operation.id)
  await world.end(operation)
  expect(world.workflows.changing(controllerAt(world, PLAIN).id)).toBeNull()
  expect(await troubleOf(assignController(world, PLAIN))).toMatchObject({
    kind: 'wrong-state',
    state: 'assigned',
  })
})

test('another drive behind the address is not handed over', async () => {
  const world = await makeWorld(memoryStore())
  const row = controllerAt(world, PLAIN)
  const { lastController } = row
  if (!lastController) throw new Error('the plain controller answers')
  const other = { ...lastController, serial: 'OTHER' }
  await world.store.commit([
    {
      write: 'reconcile',
      controllers: [{ ...row, lastController: other }],
      virtualFunctions: [],
      namespaces: [],
    },
  ])

  const refusals = await refusalsOf(assignController(world, PLAIN))

  expect(refusals).toMatchObject([{ check: 'identity-changed', device: PLAIN }])
})

test('a VF that its primary took offline is not handed over', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))
  await writeAttribute(world, `${PF}/nvme/nvme0/reset_controller`, '1')

  const refusals = await refusalsOf(assignVf(world, 1))

  expect(refusals).toMatchObject([{ check: 'secondary-offline', device: '0000:01:00.1' }])
})

test('a VF to which somebody attached another namespace is not handed over', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  const host = world.hosts.get(world.hostId)
  if (host?.reach !== 'reachable') throw new Error('the host is there')
  const pf = controllerAt(world, PF).observation.address
  const context = { operationId: 'by hand', step: '', fence: 1, deadlineMs: 1_000 }
  await host.driver.apply({ change: 'attachNamespace', pf, nsid: 3, cntlid: 1 }, context)

  const refusals = await refusalsOf(assignVf(world, 1))

  expect(refusals).toMatchObject([{ check: 'namespaces-changed' }])
  expect(refusals[0]?.reason).toContain('namespaces 2, 3')
})

test('who may only look changes nothing, and a tenant nothing of another', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))
  const { id } = virtualFunctionOf(world, 1)
  const viewer: Caller = { actor: 'token:viewer', tenant: 'default', roles: ['viewer'] }
  const other: Caller = { actor: 'token:other', tenant: 'other', roles: ['operator'] }

  for (const caller of [viewer, other]) {
    const retiring = world.workflows.retire(caller, id)
    expect(await troubleOf(retiring)).toMatchObject({ kind: 'forbidden' })
  }
})

test('a host that is away is said to be', async () => {
  const world = await makeWorld(memoryStore())
  const { id } = controllerAt(world, PLAIN)
  world.hosts.set({ id: world.hostId, reach: 'away', why: 'unplugged' })

  const asking = world.workflows.assign(DEMO, { controllerId: id, consumer: 'vm' })

  expect(await troubleOf(asking)).toEqual({
    kind: 'host-away',
    hostId: world.hostId,
    why: 'unplugged',
  })
})

function assignVf(world: World, vfNumber: number) {
  const virtualFunctionId = virtualFunctionOf(world, vfNumber).id
  return world.workflows.assign(DEMO, {
    virtualFunctionId,
    consumer: 'vm',
    accept: ['not-tenant-safe'],
  })
}

function assignController(world: World, address: string) {
  const controllerId = controllerAt(world, address).id
  return world.workflows.assign(DEMO, { controllerId, consumer: 'vm' })
}

/** As somebody else on the host would. */
async function writeAttribute({ machine }: World, attribute: string, text: string) {
  const path = `/sys/bus/pci/devices/${attribute}`
  const lane = machine.kernel.lane(PF)
  await lane.call({ call: 'write', path, text }, { deadlineMs: 1_000 })
}

function inOneGroup(): HostDescription {
  const host = labLikeHost()
  return {
    ...host,
    subsystems: host.subsystems.map((subsystem) => ({
      ...subsystem,
      controllers: subsystem.controllers.map((each) => ({ ...each, group: 'switch' })),
    })),
  }
}
