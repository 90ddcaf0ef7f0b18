/** What a plan tells besides its writes: whom it reaches, what it resets, what it cannot foresee, what it waits for. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { diskNow, unbindByHand } from './by-hand.ts'
import { memoryStore } from './memory-store.ts'
import { askedIn, firstUnnamed, worldOf, type Named, type Write } from './planned.ts'
import { ASSIGNMENTS, VIRTUAL_FUNCTIONS } from './scenarios.ts'
import { OTHER, twoInOneGroup } from './two-in-one-group.ts'
import { controllerAt, done, makeWorld, PF, PLAIN, provision } from './world.ts'

const VF1 = '0000:01:00.1'

test('the first VF makes the others of its primary appear', async () => {
  const { affected, resets } = await planOf(VIRTUAL_FUNCTIONS['provisioning the first VF'])

  expect(affected.virtualFunctions).toHaveLength(7)
  for (const vf of affected.virtualFunctions)
    expect(vf).toMatchObject({ address: null, effect: 'appears', tenant: null })
  expect(resets).toEqual([{ device: VF1, of: 'virtual-function', step: 'reset-vf1' }])
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

const ONE: Write = { to: 'sysfs', path: '/a', text: '1' }
const TWO: Write = { to: 'sysfs', path: '/a', text: '2' }
const certain = (write: Write): Named => ({ write, optional: false })
const optional = (write: Write): Named => ({ write, optional: true })
const OPEN: Named = { unforeseen: 'nobody knows' }

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
