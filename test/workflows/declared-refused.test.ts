/** What cannot be declared, and what is refused where VFs are declared. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import {
  declare,
  operations,
  pfOf,
  shown,
  sizes,
  tended,
  told,
  converged,
  TWO,
  until,
} from './declared-world.ts'
import { refusalsOf, troubleOf } from './trouble.ts'
import { controllerAt, done, PF, PLAIN, provision, virtualFunctionOf } from './world.ts'

const OTHER = { ...DEMO, tenant: 'other' }

test('beside what is declared nothing is provisioned or retired by hand', async () => {
  const world = await tended()
  await declare(world, TWO)
  await converged(world)
  const first = virtualFunctionOf(world, 1).id

  const asking = [
    provision(world, [{ ioQueuePairs: 1, nsids: [] }]),
    world.workflows.retire(DEMO, first),
  ]
  const refusals = await Promise.all(asking.map(refusalsOf))
  await world.workflows.undeclareVirtualFunctions(DEMO, pfOf(world))
  await done(world, world.workflows.retire(DEMO, first))
  await world.clock.advance(120_000)

  expect(refusals).toMatchObject([
    [{ check: 'virtual-functions-declared', device: PF }],
    [{ check: 'virtual-functions-declared', device: PF }],
  ])
  expect(sizes(world)).toEqual([[2, 3, 2]])
  expect(told(world, /declared$/)).toEqual([
    'controller.virtual-functions-declared',
    'controller.virtual-functions-undeclared',
  ])
  expect(await troubleOf(asPromise(() => shown(world)))).toMatchObject({
    kind: 'not-found',
  })
})

test('VFs of a controller without SR-IOV, or of one that is assigned, are not declared', async () => {
  const world = await tended()
  const controllerId = controllerAt(world, PLAIN).id
  const declaring = () => world.workflows.declareVirtualFunctions(DEMO, controllerId, TWO)

  expect(await refusalsOf(declaring())).toMatchObject([{ check: 'not-a-primary' }])
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  expect(await troubleOf(declaring())).toMatchObject({ state: 'assigned' })
})

test.for([
  [
    'more VFs than there are',
    { ...TWO, count: 9 },
    { resource: 'virtual functions', available: 8 },
  ],
  [
    'more than the pool has',
    { ...TWO, count: 8, vq: { each: 5 } },
    { resource: 'vq', requested: 40, available: 32 },
  ],
  [
    'more than one may have',
    { ...TWO, vi: { each: 7 } },
    { resource: 'vi', requested: 7, available: 6 },
  ],
  [
    'a minimum that the pool does not have',
    { ...TWO, count: 8, vq: { minimum: 5 } },
    { resource: 'vq', requested: 40, available: 32 },
  ],
  ['too few queue pairs', { ...TWO, vq: { each: 1 } }, { kind: 'invalid', field: 'vq' }],
  [
    'a number and weights',
    { ...TWO, vq: { each: 3, weights: [1, 1] } },
    { kind: 'invalid', field: 'vq.each' },
  ],
  [
    'a weight too many',
    { ...TWO, vi: { weights: [1, 1, 1] } },
    { kind: 'invalid', field: 'vi.weights' },
  ],
  [
    'bounds that leave nothing',
    { ...TWO, vi: { minimum: 3, maximum: 2 } },
    { kind: 'invalid', field: 'vi.minimum' },
  ],
  [
    'namespaces of no VF',
    { ...TWO, namespaceIds: [[], [], []] },
    { kind: 'invalid', field: 'namespaceIds' },
  ],
  [
    'a namespace that is none',
    { ...TWO, namespaceIds: [[], ['nobody']] },
    { kind: 'invalid', field: 'namespaceIds[1][0]' },
  ],
] as const)(
  'to declare %s is refused, and changes nothing',
  async ([, policy, trouble]) => {
    const world = await tended()

    expect(await troubleOf(declare(world, policy))).toMatchObject(trouble)

    expect(await troubleOf(asPromise(() => shown(world)))).toMatchObject({
      kind: 'not-found',
    })
    expect(operations(world)).toEqual([])
  }
)

const ONE_OF_8 = {
  virtualFunctions: [{ ioQueuePairs: 7, interruptVectors: 2, namespaceIds: [] }],
}
const FOUR_OF_8 = { count: 4, vq: { each: 8 }, vi: { each: 2 } }
const NOT_ENOUGH = { resource: 'vq', requested: 32, available: 24 }

test('what another tenant’s VF has lost for the moment is not given away', async () => {
  const world = await tended()
  await done(world, world.workflows.provision(OTHER, pfOf(world), ONE_OF_8))
  await world.machine.drills.fire({ event: 'resources-lost', address: PF })

  const four = declare(world, FOUR_OF_8)

  expect(await troubleOf(four)).toMatchObject(NOT_ENOUGH)
})

test('what another tenant’s VF has while it is being made is not given away', async () => {
  const world = await tended()
  const match = { call: 'read', path: `**/${PLAIN}/driver_override` } as const
  world.machine.faults.add({ match, kind: { fault: 'slow', ms: 5_000 } }) // its last scan
  const begun = await world.workflows.provision(OTHER, pfOf(world), ONE_OF_8)
  const secondaries = () => world.machine.snapshot().primaries[PF]?.secondaries ?? []
  await until(world, 'online', () => secondaries().some(({ state }) => state === 'online'))

  const trouble = await troubleOf(declare(world, FOUR_OF_8))
  const { provisioned } = virtualFunctionOf(world, 1)
  await until(world, 'made', () => {
    return world.store.read.operation(null, begun.id)?.state === 'succeeded'
  })

  expect(provisioned).toBeNull()
  expect(trouble).toMatchObject(NOT_ENOUGH)
})

async function asPromise<Result>(work: () => Result): Promise<Result> {
  return work()
}
