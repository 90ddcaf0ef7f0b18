/** What a plan tells besides its writes: whom it reaches, what it resets, what it cannot foresee, what it waits for. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { ChangeRequest } from '../../src/workflows/requests/prepare-request.ts'
import { diskNow, unbindByHand } from './by-hand.ts'
import { memoryStore } from './memory-store.ts'
import { firstUnnamed, type Named } from '../support/named-writes.ts'
import { askedIn, worldOf, type Write } from './planned.ts'
import { ASSIGNMENTS, onlyAssignment, RESTORED, VIRTUAL_FUNCTIONS } from './scenarios.ts'
import { OTHER, twoInOneGroup } from './two-in-one-group.ts'
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

const VF1 = '0000:01:00.1'

test('the first VF makes the others of its primary appear', async () => {
  const { affected, resets } = await planOf(VIRTUAL_FUNCTIONS['provisioning the first VF'])

  expect(affected.virtualFunctions).toHaveLength(7)
  for (const vf of affected.virtualFunctions)
    expect(vf).toMatchObject({ address: null, effect: 'appears', tenant: null })
  expect(resets).toEqual([{ device: VF1, of: 'virtual-function', step: 'reset-vfs' }])
})

test('the last VF makes them disappear, and one that is not the last does not', async () => {
  const last = await planOf(
    VIRTUAL_FUNCTIONS['retiring the last VF, which the host’s driver has']
  )
  const another = await planOf(VIRTUAL_FUNCTIONS['retiring a VF while another stays'])

  expect(last.affected.virtualFunctions.map(({ effect }) => effect)).toEqual(
    Array.from({ length: 7 }, () => 'disappears')
  )
  expect(last.affected.tenants).toEqual([DEMO.tenant])
  expect(another.affected.virtualFunctions).toEqual([])
})

test('a release says what on the host waits while the drive formats', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  const accept = ['not-tenant-safe'] as const
  const assigning = { virtualFunctionId, consumer: 'vm', accept }
  await done(world, world.workflows.assign(DEMO, assigning))
  world.machine.mount(await diskNow(world, 1), '/srv/of-the-host')

  const { affected, refusals } = await world.workflows.plan(DEMO, {
    ask: 'release',
    assignmentId: onlyAssignment(world).id,
    request: {},
  })

  expect(refusals).toEqual([])
  expect(affected.mounts).toMatchObject([{ nsid: 1, by: '/srv/of-the-host' }])
})

test('whoever shares an IOMMU group is named, with the driver that it has', async () => {
  const world = await makeWorld(memoryStore(), { description: twoInOneGroup() })
  await unbindByHand(world, OTHER)
  await world.inventory.rescan(DEMO, world.hostId)
  const request = { controllerId: controllerAt(world, PLAIN).id, consumer: 'vm' }

  const { affected, refusals } = await world.workflows.plan(DEMO, {
    ask: 'assign',
    request,
  })

  expect(refusals).toEqual([])
  expect(affected.siblings).toMatchObject([{ address: OTHER, driver: null }])
})

test('where a sibling keeps VFIO from a group the plan is refused, and told to its end', async () => {
  const world = await makeWorld(memoryStore(), { description: twoInOneGroup() })
  const request = { controllerId: controllerAt(world, PLAIN).id, consumer: 'vm' }

  const plan = await world.workflows.plan(DEMO, { ask: 'assign', request })

  expect(plan.affected.siblings).toMatchObject([{ address: OTHER, driver: 'nvme' }])
  expect(plan.refusals.map(({ trouble }) => trouble)).toMatchObject([
    { kind: 'guard', refusals: [{ check: 'group-not-viable', device: OTHER }] },
  ])
  const told = plan.steps.map(({ name, does }) => [name, does.changes.length])
  expect(told).toContainEqual(['bind-vfio', 3])
})

test('a reset of a primary tells what the host would lose, and is refused for it', async () => {
  const world = await makeWorld(memoryStore())
  const disk = await diskNow(world, 1)
  world.machine.mount(disk, '/srv/data')
  const controllerId = controllerAt(world, PF).id
  const request = { vq: 4, vi: 2 }

  const plan = await world.workflows.plan(DEMO, {
    ask: 'resizePrimary',
    controllerId,
    request,
  })

  expect(plan.affected.mounts).toEqual([{ nsid: 1, disk, use: 'mount', by: '/srv/data' }])
  expect(plan.resets).toEqual([{ device: PF, of: 'primary', step: 'allocate-and-reset' }])
  expect(plan.refusals.map(({ trouble }) => trouble)).toMatchObject([
    { kind: 'guard', refusals: [{ check: 'namespace-mounted' }] },
  ])
})

test('an assignment that is released is named with its consumer', async () => {
  const { affected } = await planOf(ASSIGNMENTS['releasing a VF to the host’s driver'])

  expect(affected.assignments).toMatchObject([{ consumer: 'vm', state: 'ready' }])
  expect(affected.tenants).toEqual([DEMO.tenant])
})

test('what only the host’s driver can ask of a drive is not foreseen, and all else is', async () => {
  const plan = await planOf(
    ASSIGNMENTS['releasing a controller whose drive cannot erase one namespace alone']
  )
  const whole = await planOf(ASSIGNMENTS['releasing a VF to the host’s driver'])

  const open = plan.steps.filter(({ does }) => does.unforeseen !== null)
  expect(open.map(({ name }) => name)).toEqual([
    'record-namespaces',
    'fetch-namespaces',
    'write-markers',
    'erase',
    'return-namespaces',
  ])
  expect(open[0]?.does.unforeseen).toContain(`can be asked only once nvme has it`)
  expect(whole.steps.filter(({ does }) => does.unforeseen !== null)).toEqual([])
})

test('a plan is no row that another request has to wait for', async () => {
  const world = await makeWorld(memoryStore())
  const controllerId = controllerAt(world, PF).id
  const virtualFunctions = [{ ioQueuePairs: 1, namespaceIds: [] }]
  const asked = { ask: 'provision', controllerId, request: { virtualFunctions } } as const

  const plans = await Promise.all([1, 2, 3].map(() => world.workflows.plan(DEMO, asked)))
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))

  expect(new Set(plans.map(({ id }) => id)).size).toBe(3)
  expect(plans.map(({ steps }) => steps)).toEqual(plans.map(() => plans[0]?.steps))
})

const STATES: Readonly<Record<string, Parameters<typeof worldOf>[0]>> = {
  'nothing is provisioned': VIRTUAL_FUNCTIONS['provisioning the first VF'],
  'a VF is provisioned': VIRTUAL_FUNCTIONS['retiring a VF while another stays'],
  'a VF is assigned': ASSIGNMENTS['releasing a VF to the host’s driver'],
  'a controller is assigned':
    ASSIGNMENTS['releasing a controller whose drive cannot erase one namespace alone'],
  'a VF has lost its queues': RESTORED['restoring a VF whose queues a reset took away'],
}

test.for(Object.entries(STATES))(
  'whatever is asked for while %s is planned, and told with what speaks against it',
  async ([, scenario]) => {
    const world = await worldOf(scenario)
    const from = world.machine.transcript.length
    const refused = new Set<string>()
    for (const asked of everythingOf(world)) {
      const { refusals, steps } = await world.workflows.plan(DEMO, asked)
      for (const { trouble } of refusals) refused.add(trouble.kind)
      expect(refusals.length + steps.length, JSON.stringify(asked)).toBeGreaterThan(0)
    }
    await world.stop()

    expect([...refused]).toContain('wrong-state')
    expect(world.machine.transcript).toHaveLength(from)
  }
)

/** Whether it makes sense or not. */
function everythingOf(world: World): readonly ChangeRequest[] {
  const { controllers, virtualFunctions } = world.store.read.inventoryOf(world.hostId)
  const provisioning = { virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: [] }] }
  const ofControllers = controllers.flatMap(({ id: controllerId }): ChangeRequest[] => [
    { ask: 'provision', controllerId, request: provisioning },
    { ask: 'resizePrimary', controllerId, request: { vq: 2, vi: 0 } },
    { ask: 'assign', request: { controllerId, consumer: 'other' } },
    { ask: 'heal', functionId: controllerId },
  ])
  const some = virtualFunctions.filter(({ vfNumber }) => vfNumber <= 2)
  const ofVfs = some.flatMap(({ id: virtualFunctionId }): ChangeRequest[] => [
    { ask: 'retire', virtualFunctionId },
    { ask: 'adopt', virtualFunctionId },
    { ask: 'heal', functionId: virtualFunctionId },
    { ask: 'assign', request: { virtualFunctionId, consumer: 'other' } },
  ])
  const { items } = world.workflows.assignments(DEMO, { after: null, limit: 9 })
  const ofAssignments = items.map(({ id: assignmentId }): ChangeRequest => {
    return { ask: 'release', assignmentId, request: { acceptUncleaned: true } }
  })
  return [...ofControllers, ...ofVfs, ...ofAssignments]
}

const ONE: Write = { to: 'sysfs', path: '/a', text: '1' }
const TWO: Write = { to: 'sysfs', path: '/a', text: '2' }
const certain = (write: Write): Named<Write> => ({ write, optional: false })
const optional = (write: Write): Named<Write> => ({ write, optional: true })
const OPEN: Named<Write> = { unforeseen: 'nobody knows' }

test('a write that is not named, and one that is named and not made, are found', () => {
  const found = [
    firstUnnamed([], [ONE]),
    firstUnnamed([certain(ONE)], []),
    firstUnnamed([certain(ONE)], [TWO]),
    firstUnnamed([certain(ONE), certain(TWO)], [TWO, ONE]),
    firstUnnamed([optional(ONE)], [ONE, ONE]),
    firstUnnamed([OPEN, certain(ONE)], [TWO]),
  ]
  const fine = [
    firstUnnamed([certain(ONE)], [ONE]),
    firstUnnamed([optional(ONE), certain(ONE)], [ONE]),
    firstUnnamed([optional(TWO), certain(ONE)], [TWO, ONE]),
    firstUnnamed([OPEN, certain(ONE)], [TWO, TWO, ONE]),
  ]

  expect(found).toEqual(found.map(() => expect.any(String)))
  expect(fine).toEqual(fine.map(() => undefined))
})

async function planOf(scenario: Parameters<typeof worldOf>[0]) {
  const world = await worldOf(scenario)
  const plan = await world.workflows.plan(DEMO, await askedIn(world, scenario))
  await world.stop()
  return plan
}
