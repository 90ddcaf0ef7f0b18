/** A controller that goes with whatever is attached to it, and who else has some of that. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { CNS } from '../../src/nvme/admin-commands.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { dualController, FIRST, first, SECOND, second } from '../support/dual-controller.ts'
import { bringOnlineByHand, byHand, unbindByHand } from './by-hand.ts'
import { asSpecified, assignToOther, directWorld, hangs, standing } from './direct-world.ts'
import { refusalsOf } from './trouble.ts'
import {
  bindByHand,
  controllerAt,
  done,
  PF,
  virtualFunctionOf,
  type World,
} from './world.ts'

const SHARED = dualController([{ nsid: 1, attachedTo: [1, 2] }, { nsid: 2 }])
const REFUSED = { check: 'namespace-attached-elsewhere' }

test('two controllers of a drive that have one namespace do not go to two tenants', async () => {
  const world = await opened()
  await done(world, assignWhole(world, FIRST))
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(assignToOther(world, SECOND))

  expect(refusals).toMatchObject([REFUSED])
  expect(refusals[0]?.reason).toContain('namespace 1 is attached to controller 1')
  expect(world.machine.transcript).toHaveLength(written)
})

test('asked for at the same time by two tenants they do not go to both either', async () => {
  const world = await opened()

  const asked = await Promise.allSettled([
    assignWhole(world, FIRST),
    assignToOther(world, SECOND),
  ])
  for (const one of asked) if (one.status === 'fulfilled') await world.end(one.value)

  const { functions } = world.machine.snapshot()
  const given = [FIRST, SECOND].filter((fn) => functions[fn]?.driver === 'vfio-pci')
  expect(given.length).toBeLessThan(2)
})

test('both may go to one consumer', async () => {
  const world = await opened()

  for (const address of [FIRST, SECOND]) await done(world, assignWhole(world, address))

  expect(standing(world, SECOND).state).toBe('ready')
})

test('what the host has too is taken from it by its operator before the release erases it', async () => {
  const world = await opened()
  await done(world, assignWhole(world, FIRST))
  const { id } = standing(world, FIRST)

  const early = await world.end(await world.workflows.release(DEMO, id, {}))
  await byHand(world, { change: 'detachNamespace', pf: second, nsid: 1, cntlid: 2 })
  await done(world, world.workflows.release(DEMO, id, {}))

  const refusals = [{ check: 'erase-reaches-others' }]
  expect(early).toMatchObject({ state: 'undone', error: { detail: { refusals } } })
  expect(world.workflows.assignment(DEMO, id).state).toBe('released')
})

test('what somebody gave to a guest by hand has its namespaces as well', async () => {
  const world = await opened()
  await unbindByHand(world, SECOND)
  await bindByHand(world, SECOND, 'vfio-pci')

  expect(await refusalsOf(assignWhole(world, FIRST))).toMatchObject([REFUSED])
})

test('what somebody attaches to another tenant’s after the request ends the operation', async () => {
  const world = await opened(dualController([{ nsid: 1, attachedTo: [1] }]), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => ({
          ...step,
          guard: async (context) => {
            if (step.name === 'bind-vfio' && isAsked) await byHand(world, ATTACH)
            return step.guard?.(context) ?? { result: 'passed' }
          },
        })),
    }),
  })
  let isAsked = false
  await done(world, assignToOther(world, SECOND))
  isAsked = true

  const end = await world.end(await assignWhole(world, FIRST))

  expect(end).toMatchObject({ state: 'undone', error: { detail: { refusals: [REFUSED] } } })
})

test('where nobody can be asked, what the last scan saw attached to another tenant’s counts', async () => {
  const world = await opened()
  await done(world, assignToOther(world, SECOND))
  await unbindByHand(world, FIRST)
  await world.inventory.rescan(DEMO, world.hostId)

  expect(await refusalsOf(assignWhole(world, FIRST))).toMatchObject([REFUSED])
})

test('a drive that neither attaches namespaces nor tells who has them has them on all of its controllers', async () => {
  const subsystems = SHARED.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((one) => ({ ...one, device: 'plain' as const })),
  }))
  const world = await opened({ ...SHARED, subsystems })
  const match = { call: 'admin', opcode: 0x06, cdw10: CNS.attachedControllers } as const
  world.machine.faults.arm({ match, kind: { fault: 'status', status: 0x4002 } })
  await done(world, assignToOther(world, SECOND))

  const refusals = await refusalsOf(assignWhole(world, FIRST))

  expect(refusals[0]).toMatchObject(REFUSED)
})

const ATTACH = { change: 'attachNamespace', pf: first, nsid: 1, cntlid: 2 } as const

/** Of the SR-IOV drive. */
const OTHER = '0000:03:00.0'

test('a controller that has none of its namespaces may hang', async () => {
  const world = await opened(
    dualController([
      { nsid: 1, attachedTo: [1] },
      { nsid: 2, attachedTo: [2] },
    ])
  )
  await hangs(world, SECOND)

  await done(world, assignWhole(world, FIRST))

  expect(standing(world, FIRST).state).toBe('ready')
})

test('one that has some of them is heard first', async () => {
  const world = await opened()
  await hangs(world, SECOND)

  const refusals = await refusalsOf(assignWhole(world, FIRST))

  expect(refusals).toMatchObject([{ check: 'function-blocked' }])
})

test('a secondary of another primary counts once it is online', async () => {
  const world = await opened(twoPrimaries())
  const { cntlid } = await attachedToVf(world)
  const asked = {
    ask: 'assign',
    request: { controllerId: controllerAt(world, OTHER).id, consumer: 'vm' },
  } as const

  const { refusals } = await world.workflows.plan(DEMO, asked)
  await bringOnlineByHand(world, cntlid)

  expect(refusals).toEqual([])
  // 1 comes to each secondary by itself.
  expect(await refusalsOf(assignWhole(world, OTHER))).toMatchObject([REFUSED, REFUSED])
})

test('one of a primary that its consumer has is his as well, and nobody else’s', async () => {
  const world = await opened(asSpecified(twoPrimaries()))
  await inPool(world)
  await done(world, assignWhole(world, PF))

  const refusals = await refusalsOf(assignToOther(world, OTHER))
  await done(world, assignWhole(world, OTHER))

  expect(refusals).toMatchObject([REFUSED, REFUSED])
  expect(standing(world, OTHER).state).toBe('ready')
})

test('one in the pool of a primary without a driver is nobody’s', async () => {
  const world = await opened(asSpecified(twoPrimaries()))
  await inPool(world)
  await unbindByHand(world, PF)
  await world.inventory.rescan(DEMO, world.hostId)

  await done(world, assignWhole(world, OTHER))

  expect(standing(world, OTHER).state).toBe('ready')
})

test('one that was online when a primary without a driver last answered counts', async () => {
  const world = await opened(asSpecified(twoPrimaries()))
  const { cntlid } = await attachedToVf(world)
  await bringOnlineByHand(world, cntlid)
  await world.inventory.rescan(DEMO, world.hostId)
  await unbindByHand(world, PF)
  await world.inventory.rescan(DEMO, world.hostId)

  expect(await refusalsOf(assignWhole(world, OTHER))).toMatchObject([REFUSED])
})

/** 2, to the other primary as well. */
async function attachedToVf(world: World) {
  const pf = pciAddress(PF)
  const vf = virtualFunctionOf(world, 1)
  await byHand(world, { change: 'setAutoprobe', pf, enabled: false })
  await byHand(world, { change: 'setVfCount', pf, count: 8 })
  for (const { cntlid } of [controllerAt(world, OTHER), vf])
    await byHand(world, { change: 'attachNamespace', pf, nsid: 2, cntlid })
  return vf
}

/** The drive keeps it attached though the VF has gone. */
async function inPool(world: World): Promise<void> {
  await attachedToVf(world)
  await byHand(world, { change: 'setVfCount', pf: pciAddress(PF), count: 0 })
  await world.inventory.rescan(DEMO, world.hostId)
}

function twoPrimaries(): HostDescription {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.flatMap((one) =>
      one.sriov ? [one, { ...one, address: OTHER, rootPort: '0000:00:06.0' }] : [one]
    ),
  }))
  return { ...host, subsystems }
}

async function opened(
  description: HostDescription = SHARED,
  options: Parameters<typeof directWorld>[1] = {}
): Promise<World> {
  const world = await directWorld(description, options)
  onTestFinished(() => world.stop())
  return world
}

function assignWhole(world: World, address: string) {
  const controllerId = controllerAt(world, address).id
  return world.workflows.assign(DEMO, { controllerId, consumer: 'vm' })
}
