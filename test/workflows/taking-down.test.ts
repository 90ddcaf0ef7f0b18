/** A whole primary that is handed over is reset: whose VFs that takes down is said, and nothing is written. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { byHand } from './by-hand.ts'
import { memoryStore } from './memory-store.ts'
import { refusalsOf } from './trouble.ts'
import {
  controllerAt,
  done,
  makeWorld,
  PF,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const pf = pciAddress(PF)

test('a primary is not assigned while VFs of it are provisioned or assigned: each is named', async () => {
  const world = await makeWorld(memoryStore())
  const one = { ioQueuePairs: 1, nsids: [] }
  await done(world, provision(world, [{ ioQueuePairs: 2, nsids: [2] }, one]))
  const request = {
    virtualFunctionId: virtualFunctionOf(world, 1).id,
    consumer: 'vm-7',
    accept: ['not-tenant-safe'] as const,
  }
  await done(world, world.workflows.assign(DEMO, request))
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(assignPrimary(world))

  expect(refusals.map(({ check, reason }) => [check, reason])).toEqual([
    [
      'takes-down-secondary',
      `a reset of ${PF} takes VF 1 (secondary controller 1) down, which is provisioned for tenant ${DEMO.tenant}, assigned to vm-7 of tenant ${DEMO.tenant}, online with 3 VQ and 3 VI, bound to vfio-pci at 0000:01:00.1`,
    ],
    [
      'takes-down-secondary',
      `a reset of ${PF} takes VF 2 (secondary controller 2) down, which is provisioned for tenant ${DEMO.tenant}, online with 2 VQ and 2 VI`,
    ],
  ])
  expect(world.machine.transcript).toHaveLength(written)
})

test('nor while somebody else has one online, whom the refusal names too', async () => {
  const world = await makeWorld(memoryStore())
  await onlineByHand(world)
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(assignPrimary(world))

  expect(refusals).toMatchObject([{ check: 'takes-down-secondary', device: PF }])
  expect(refusals[0]?.reason).toContain('VF 3 (secondary controller 3)')
  expect(world.machine.transcript).toHaveLength(written)
})

test('one that came online after the request is seen before the primary is bound', async () => {
  let world: World | undefined
  let written = -1
  world = await makeWorld(memoryStore(), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => ({
          ...step,
          ...(step.name === 'bind-vfio' && {
            guard: async (context) => {
              if (world) await onlineByHand(world)
              written = world?.machine.transcript.length ?? -1
              return (await step.guard?.(context)) ?? { result: 'passed' }
            },
          }),
        })),
    }),
  })

  const end = await world.end(await assignPrimary(world))

  expect(end).toMatchObject({
    state: 'undone',
    error: {
      step: 'bind-vfio',
      detail: { refusals: [{ check: 'takes-down-secondary', device: PF }] },
    },
  })
  expect(world.machine.transcript).toHaveLength(written)
})

test('the last VF is not retired while somebody else has one online that no driver has, and then it is', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [ONE]))
  await giveAndBringOnline(world)
  const { id } = virtualFunctionOf(world, 1)
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(world.workflows.retire(DEMO, id))
  const unwritten = world.machine.transcript.length
  await byHand(world, { change: 'takeOffline', pf, cntlid: 3 })
  await done(world, world.workflows.retire(DEMO, id))

  expect(refusals).toMatchObject([
    {
      check: 'takes-down-secondary',
      device: PF,
      reason: `VF count 0 of ${PF}, once the last VF that nvirt provisioned is retired, takes VF 3 (secondary controller 3) down, which is online with 2 VQ and 2 VI`,
    },
  ])
  expect(unwritten).toBe(written)
  expect(world.machine.snapshot().primaries[PF]).toMatchObject({ vfCount: 0 })
})

test('a VF that is not the last is retired beside one that somebody else has online, which stays', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [ONE, ONE]))
  await giveAndBringOnline(world)

  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))

  const { secondaries } = world.machine.snapshot().primaries[PF] ?? {}
  expect(secondaries?.find(({ cntlid }) => cntlid === 3)?.state).toBe('online')
})

test('of the last two VFs, retired at once beside one that somebody else has online, the later one is refused', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [ONE, ONE]))
  await giveAndBringOnline(world)

  const both = await Promise.all(
    [1, 2].map((number) =>
      world.workflows.retire(DEMO, virtualFunctionOf(world, number).id)
    )
  )
  const ends = []
  for (const operation of both) ends.push(await world.end(operation))

  const check = 'takes-down-secondary'
  const reason = expect.stringContaining(
    'takes VF 3 (secondary controller 3) down'
  ) as string
  expect(ends).toMatchObject([
    { state: 'succeeded' },
    {
      state: 'undone',
      committed: false,
      error: { detail: { refusals: [{ check, reason }] } },
    },
  ])
  const { secondaries } = world.machine.snapshot().primaries[PF] ?? {}
  const online = secondaries?.filter(({ state }) => state === 'online')
  expect(online?.map(({ cntlid }) => cntlid)).toEqual([2, 3])
})

test('while the first of them is taken offline the later one is refused at once, for somebody else’s only', async () => {
  const reasons: string[] = []
  const world = await worldWhere('take-offline', async (during) => {
    const { id } = virtualFunctionOf(during, 2)
    const refusals = await refusalsOf(during.workflows.retire(DEMO, id))
    reasons.push(...refusals.map(({ reason }) => reason))
  })
  await done(world, provision(world, [ONE, ONE]))
  await giveAndBringOnline(world)

  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))

  expect(reasons).toEqual([
    expect.stringContaining('takes VF 3 (secondary controller 3) down'),
  ])
})

test('one that came online while the last VF was retired is waited for, and named', async () => {
  const world = await foreignOnlineIn('return-to-pool')
  await done(world, provision(world, [ONE]))

  const operation = await world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id)
  const shown = await world.until(operation, (state) => state === 'blocked')
  const during = world.machine.snapshot().primaries[PF]
  await byHand(world, { change: 'takeOffline', pf, cntlid: 3 })
  const end = await world.end(operation)

  expect(shown.blocked).toMatchObject({
    call: expect.stringContaining('takes VF 3 (secondary controller 3) down'),
  })
  expect(during).toMatchObject({ vfCount: 8 })
  expect(end.state).toBe('succeeded')
  expect(world.machine.snapshot().primaries[PF]).toMatchObject({ vfCount: 0 })
})

test('nor is it taken down where a first provisioning is undone', async () => {
  const world = await foreignOnlineIn('rescan', 'fails')

  const operation = await provision(world, [ONE])
  const shown = await world.until(operation, (state) => state === 'blocked')
  await byHand(world, { change: 'takeOffline', pf, cntlid: 3 })
  const end = await world.end(operation)

  expect(shown.blocked).toMatchObject({
    call: expect.stringContaining('takes VF 3 (secondary controller 3) down'),
  })
  expect(end.state).toBe('undone')
  expect(world.machine.snapshot().primaries[PF]).toMatchObject({ vfCount: 0 })
})

const ONE = { ioQueuePairs: 1, nsids: [] }

/** Before that step somebody brings VF 3 online. */
function foreignOnlineIn(name: string, then?: 'fails'): Promise<World> {
  return worldWhere(name, giveAndBringOnline, then)
}

async function worldWhere(
  name: string,
  happens: (world: World) => Promise<void>,
  then?: 'fails'
): Promise<World> {
  let world: World | undefined
  world = await makeWorld(memoryStore(), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => {
          const isIt = step.name === name
          const isOne = workflow.name === (then ? PROVISION : RETIRE)
          if (!isIt || !isOne) return step
          const run: typeof step.run = async (context) => {
            if (world) await happens(world)
            if (then) throw new Error('made to fail')
            return step.run(context)
          }
          return { ...step, run }
        }),
    }),
  })
  return world
}

const PROVISION = 'provision-virtual-functions'
const RETIRE = 'retire-virtual-function'

function assignPrimary(world: World) {
  const controllerId = controllerAt(world, PF).id
  return world.workflows.assign(DEMO, { controllerId, consumer: 'vm-8' })
}

async function onlineByHand(world: World): Promise<void> {
  await byHand(world, { change: 'setAutoprobe', pf, enabled: false })
  await byHand(world, { change: 'setVfCount', pf, count: 8 })
  await giveAndBringOnline(world)
}

async function giveAndBringOnline(world: World): Promise<void> {
  for (const resource of ['vq', 'vi'] as const) {
    const assign = { change: 'assignResources', pf, cntlid: 3, resource } as const
    await byHand(world, { ...assign, count: 2 })
  }
  await byHand(world, { change: 'bringOnline', pf, cntlid: 3 })
}
