/** Between a plan and its run the world moves: it is told what and where, and nothing is written. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { Moved } from '../../src/errors.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { byHand, diskNow, unbindByHand } from './by-hand.ts'
import { askedIn, worldOf, type PlanWorld } from './planned.ts'
import { PRIMARIES } from './primary-scenarios.ts'
import { ASSIGNMENTS, RESTORED, VIRTUAL_FUNCTIONS } from './scenarios.ts'
import { refusalsOf, troubleOf } from './trouble.ts'
import type { Scenario } from '../support/scenario.ts'
import { bindByHand, done, PF, PLAIN, provision, virtualFunctionOf } from './world.ts'

const VF1 = '0000:01:00.1'
const VF2 = '0000:01:00.2'
const pf = pciAddress(PF)

type Move = {
  readonly of: Scenario
  readonly moves: (world: PlanWorld) => Promise<unknown>
  /** Among what has moved. */
  readonly told: Partial<Moved>
}

const MOVES: Readonly<Record<string, Move>> = {
  'the VF that was chosen is taken by somebody’s own nvme-cli': {
    of: VIRTUAL_FUNCTIONS['provisioning the first VF'],
    moves: async (world) => {
      await byHand(world, { change: 'setAutoprobe', pf, enabled: false })
      await byHand(world, { change: 'setVfCount', pf, count: 8 })
    },
    told: { device: PF, what: 'sriov' },
  },
  'the VF that was chosen is taken by another request': {
    of: VIRTUAL_FUNCTIONS[
      'provisioning for the host’s driver, while another VF is provisioned'
    ],
    moves: (world) => done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }])),
    told: { what: 'asked for: virtualFunctions' },
  },
  'a file system is mounted on what is to be provisioned': {
    of: VIRTUAL_FUNCTIONS['provisioning the first VF'],
    moves: mountTwo,
    told: { device: PF, what: 'usage', planned: { uses: [] } },
  },
  'a VF that is to be provisioned is bound by hand': {
    of: VIRTUAL_FUNCTIONS[
      'provisioning for the host’s driver, while another VF is provisioned'
    ],
    moves: (world) => bindByHand(world, VF2, 'vfio-pci'),
    told: { device: VF2, what: 'binding', planned: { driver: null, override: null } },
  },
  'the driver of a VF that is to be retired is taken from it': {
    of: VIRTUAL_FUNCTIONS['retiring the last VF, which the host’s driver has'],
    moves: (world) => unbindByHand(world, VF1),
    told: { device: VF1, what: 'binding', planned: { driver: 'nvme', override: 'nvme' } },
  },
  'a controller that is to be assigned is taken from its driver': {
    of: ASSIGNMENTS['assigning a whole controller'],
    moves: (world) => unbindByHand(world, PLAIN),
    told: { device: PLAIN, what: 'binding', planned: { driver: 'nvme', override: null } },
  },
  'a function that is to be released is taken from vfio-pci': {
    of: ASSIGNMENTS['releasing a VF to the host’s driver'],
    moves: (world) => byHand(world, { change: 'unbind', fn: pciAddress(VF1) }),
    told: { device: VF1, what: 'binding' },
  },
  'a consumer opens the group of a function that is to be released': {
    of: ASSIGNMENTS['releasing a VF that had no driver, uncleaned'],
    moves: async (world) => {
      const group = virtualFunctionOf(world, 1).observation?.group?.number ?? -1
      world.machine.holdVfioGroup(group, 'qemu')
    },
    told: { device: VF1, what: 'vfioGroup' },
  },
  'a primary that is to be resized is resized by somebody else': {
    of: PRIMARIES['releasing what a PM1733 is delivered with'],
    moves: async (world) => {
      const change = 'allocatePrimaryResources'
      await byHand(world, { change, pf, resource: 'vq', count: 0 })
      await byHand(world, { change: 'resetPrimary', pf, expected: { vq: 0, vi: 24 } })
    },
    told: { device: PF, what: 'primary' },
  },
  'a VF that is to be restored is restored by hand': {
    of: RESTORED['restoring a VF whose queues a reset took away'],
    moves: (world) =>
      byHand(world, { change: 'assignResources', pf, cntlid: 1, resource: 'vq', count: 3 }),
    told: { device: PF, what: 'secondaries' },
  },
}

test.for(Object.entries(MOVES))(
  '%s: the plan is outdated',
  async ([, { of, moves, told }]) => {
    const world = await worldOf(of)
    const asked = await askedIn(world, of)
    const plan = await world.workflows.plan(DEMO, asked)
    expect(plan.refusals).toEqual([])
    await moves(world)
    const calls = world.machine.transcript.length
    const events = world.store.read.lastEventNumber()

    const trouble = await troubleOf(world.workflows.runPlan(DEMO, asked, plan.id))

    if (trouble.kind !== 'plan-outdated') throw new Error(JSON.stringify(trouble))
    expect(trouble.planId).toBe(plan.id)
    expect(trouble.moved).toContainEqual(expect.objectContaining(told))
    expect(world.machine.transcript).toHaveLength(calls)
    expect(world.store.read.lastEventNumber()).toBe(events)
    expect(world.store.read.operation(null, plan.id)).toBeUndefined()
    await world.stop()
  }
)

test('what moves elsewhere leaves a plan as it is', async () => {
  const scenario = ASSIGNMENTS['assigning a whole controller']
  const world = await worldOf(scenario)
  const asked = await askedIn(world, scenario)
  const plan = await world.workflows.plan(DEMO, asked)
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))

  const end = await done(world, world.workflows.runPlan(DEMO, asked, plan.id))

  expect(end.id).toBe(plan.id)
  await world.stop()
})

test('a plan is run once: asked for again, its operation is given', async () => {
  const scenario = VIRTUAL_FUNCTIONS['provisioning the first VF']
  const world = await worldOf(scenario)
  const asked = await askedIn(world, scenario)
  const plan = await world.workflows.plan(DEMO, asked)
  const first = await done(world, world.workflows.runPlan(DEMO, asked, plan.id))
  const calls = world.machine.transcript.length

  const again = await world.workflows.runPlan(DEMO, asked, plan.id)

  expect(again).toEqual(first)
  expect(world.machine.transcript).toHaveLength(calls)
  await world.stop()
})

test('a plan is run through a restart of the service, and until it expires', async () => {
  const scenario = VIRTUAL_FUNCTIONS['provisioning the first VF']
  const world = await worldOf(scenario)
  const asked = await askedIn(world, scenario)
  const kept = await world.workflows.plan(DEMO, asked)
  const late = await world.workflows.plan(DEMO, asked)

  const later = await world.restart()
  await done(later, later.workflows.runPlan(DEMO, asked, kept.id))
  await later.clock.advance(Date.parse(late.expiresAt) - Date.parse(late.createdAt))

  const expired = await troubleOf(later.workflows.runPlan(DEMO, asked, late.id))
  expect(expired).toEqual({ kind: 'not-found', resource: 'plan', id: late.id })
  await later.stop()
})

test('a plan is of its own request, and of its own tenant', async () => {
  const scenario = VIRTUAL_FUNCTIONS['provisioning the first VF']
  const world = await worldOf(scenario)
  const asked = await askedIn(world, scenario)
  const plan = await world.workflows.plan(DEMO, asked)
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  const another = { ask: 'retire', virtualFunctionId } as const
  const stranger = { ...DEMO, tenant: 'another' }

  const other = await troubleOf(world.workflows.runPlan(DEMO, another, plan.id))
  const foreign = await troubleOf(world.workflows.runPlan(stranger, asked, plan.id))

  expect(other).toMatchObject({ kind: 'invalid', field: 'plan' })
  expect(foreign).toEqual({ kind: 'not-found', resource: 'plan', id: plan.id })
  await world.stop()
})

test('what speaks against a request is told all at once, and again when it is run', async () => {
  const scenario = VIRTUAL_FUNCTIONS['provisioning the first VF']
  const world = await worldOf(scenario)
  const asked = await askedIn(world, scenario)
  const disk = await mountTwo(world)

  const plan = await world.workflows.plan(DEMO, asked)
  const refusals = await refusalsOf(world.workflows.runPlan(DEMO, asked, plan.id))

  const told = plan.refusals.map(({ trouble }) =>
    trouble.kind === 'guard' ? trouble.refusals[0] : trouble
  )
  expect(told).toEqual(refusals)
  expect(refusals).toMatchObject([
    { check: 'namespace-mounted', device: `/dev/${disk}` },
    { check: 'namespace-attached-elsewhere', device: `${PF} namespace 2` },
  ])
  expect(plan.steps.flatMap(({ does }) => does.changes)).not.toEqual([])
  await world.stop()
})

/** Somebody attaches namespace 2 to the host, and mounts it. @returns its disk */
async function mountTwo(world: PlanWorld): Promise<string> {
  await byHand(world, { change: 'attachNamespace', pf, nsid: 2, cntlid: 0 })
  const disk = await diskNow(world, 2)
  world.machine.mount(disk, '/mnt/data')
  return disk
}
