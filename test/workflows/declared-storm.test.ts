/**
 * Whatever is declared, in any order with assignments, releases and restarts of the host: who has a VF keeps it as it is, no
 * pool gives more than it has, and in the end all is as declared.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { atSize } from '../support/test-size.ts'
import {
  converged,
  declare,
  operations,
  PAGE,
  release,
  shown,
  tended,
  told,
  until,
} from './declared-world.ts'
import { controllerAt, namespaceIds, PF, virtualFunctionOf, type World } from './world.ts'

const RUNS = atSize({ normal: 6, full: 300 })
const POOLS = { vq: 32, vi: 24 }

const sharing = (count: number, most: number, least: number) =>
  fc.oneof(
    fc.record({ each: fc.integer({ min: least, max: 4 }) }),
    fc.record({ maximum: fc.integer({ min: least, max: most }) }),
    fc.record({
      weights: fc.array(fc.integer({ min: 1, max: 4 }), {
        minLength: count,
        maxLength: count,
      }),
    }),
    fc.constant({})
  )
const anyPolicy = () =>
  fc.nat(5).chain((count) =>
    fc.record({
      count: fc.constant(count),
      vq: sharing(count, 8, 2),
      vi: sharing(count, 6, 1),
      nsids: fc.uniqueArray(fc.constantFrom(2, 3, 4), { maxLength: 3 }),
      pause: fc.nat(800),
    })
  )
const anyMove = () =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ move: fc.constant('declare'), policy: anyPolicy() }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        move: fc.constant('assign'),
        vf: fc.integer({ min: 1, max: 5 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ move: fc.constant('release'), which: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ move: fc.constant('reboot') }) }
  )

type Move = {
  readonly move: string
  readonly policy?: Policy
  readonly vf?: number
  readonly which?: number
}
type Policy = ReturnType<typeof anyPolicy> extends fc.Arbitrary<infer Value> ? Value : never

const readyOf = ({ workflows }: World) =>
  workflows.assignments(DEMO, PAGE).items.filter(({ state }) => state === 'ready')

async function declareAny(
  world: World,
  { nsids, pause, ...policy }: Policy
): Promise<void> {
  const ids = nsids.slice(0, policy.count).map((nsid) => namespaceIds(world, [nsid]))
  await refusable(declare(world, { ...policy, namespaceIds: ids }))
  await world.clock.advance(pause)
}

/** Pools may not suffice, VFs may be held: that is told, and no trouble. */
async function refusable(asking: Promise<unknown>): Promise<void> {
  await asking.catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== 'ControlPlaneError') throw error
  })
}

async function assignAny(world: World, vfNumber: number): Promise<void> {
  const virtualFunctionId = virtualFunctionOf(world, vfNumber).id
  const request = {
    virtualFunctionId,
    consumer: 'vm',
    accept: ['not-tenant-safe'],
  } as const
  await refusable(world.workflows.assign(DEMO, request))
  await world.clock.advance(400)
}

async function reboot(world: World): Promise<void> {
  const before = told(world, /^host\.rebooted$/).length
  await world.machine.drills.fire({ event: 'reboot' })
  await until(world, 'rebooted', () => told(world, /^host\.rebooted$/).length > before)
  await until(world, 'up', () => {
    return world.inventory.host(DEMO, world.hostId).state !== 'restoring'
  })
}

async function make(world: World, { move, policy, vf, which }: Move): Promise<void> {
  if (policy) return declareAny(world, policy)
  if (vf !== undefined) return assignAny(world, vf)
  if (move === 'reboot') return reboot(world)
  const one = readyOf(world)[which ?? 0]
  if (one) await release(world, one.id)
}

/** By cntlid: what the machine itself says of each VF that somebody has. */
function inUse(world: World): Readonly<Record<string, unknown>> {
  const { primaries, functions } = world.machine.snapshot()
  const secondaries = primaries[PF]?.secondaries ?? []
  const entries = readyOf(world).map(({ id, functionId, handOver }) => {
    const vf = world.store.read.virtualFunction(functionId)
    const secondary = secondaries.find(({ cntlid }) => cntlid === vf?.cntlid)
    return [id, { ...secondary, ...functions[handOver?.address ?? ''] }] as const
  })
  return Object.fromEntries(entries)
}

function expectWithinPools({ machine }: World): void {
  const { secondaries = [] } = machine.snapshot().primaries[PF] ?? {}
  for (const kind of ['vq', 'vi'] as const) {
    const given = secondaries.reduce((sum, secondary) => sum + secondary[kind], 0)
    expect(given).toBeLessThanOrEqual(POOLS[kind])
  }
}

async function storm(moves: readonly Move[]): Promise<void> {
  const world = await tended()
  const found = world.machine.snapshot()
  await declare(world, { count: 3, vq: { each: 3 }, vi: { each: 2 } })
  await converged(world)
  for (const move of moves) {
    const before = inUse(world)
    await make(world, move)
    const after = inUse(world)
    for (const id of Object.keys(before))
      if (id in after) expect(after[id]).toEqual(before[id])
    for (const held of Object.values(after))
      expect(held).toMatchObject({ state: 'online', driver: 'vfio-pci' })
    expectWithinPools(world)
  }
  await until(world, 'at rest', () => operations(world).every((one) => isOver(one.state)))
  for (const { id } of readyOf(world)) await release(world, id)
  await converged(world)
  expect(shown(world).virtualFunctions).toHaveLength(shown(world).count)
  await declare(world, { count: 0, vq: {}, vi: {} })
  await converged(world)
  expect(world.machine.snapshot()).toEqual(found)
  expect(controllerAt(world, PF).sriovBefore).toBeNull()
}

const isOver = (state: string) => ['succeeded', 'undone', 'stuck'].includes(state)

test(
  'who has a VF keeps it, whatever is declared, and in the end all is as declared',
  { timeout: atSize({ normal: 120_000, full: 3_600_000 }) },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMove(), { minLength: 6, maxLength: 12 }), storm),
      { numRuns: RUNS, endOnFailure: true }
    )
  }
)
