/** What a VF lets its tenant do to others: it is shown, refused, and handed over only by that very word. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import type { Acceptable } from '../../src/workflows/acceptable.ts'
import { labWith } from '../support/lab-with.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
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

const VF = '0000:01:00.1'
const TRUSTED = ['not-tenant-safe'] as const

test('a VF that may attach, and take others offline, is shown as not safe, with both reasons', async () => {
  const world = await worldOf()
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }], 'nvme'))

  expect(safetyOf(world, 1)).toEqual({
    verdict: 'not-safe',
    reasons: [
      'its tenant could attach and detach namespaces of others',
      'its tenant could take other VFs offline, and their resources',
    ],
  })
})

test('it is not assigned without that word, and with it it is, which an event tells', async () => {
  const world = await worldOf()
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }], 'nvme'))
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(assign(world, 1))
  const writtenThen = world.machine.transcript.length
  await done(world, assign(world, 1, TRUSTED))

  expect(refusals).toMatchObject([{ check: 'not-tenant-safe', device: VF }])
  expect(refusals[0]?.reason).toContain('attach and detach namespaces of others')
  expect(refusals[0]?.remedy).toContain('accept: ["not-tenant-safe"]')
  expect(writtenThen).toBe(written)
  expect(readyEvents(world)).toMatchObject([{ detail: { accepted: TRUSTED } }])
})

test('one that reaches nothing of others is safe, and assigned without a word', async () => {
  const world = await worldOf(tenantSafe())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }], 'nvme'))

  await done(world, assign(world, 1))

  expect(safetyOf(world, 1)).toEqual({ verdict: 'safe', reasons: [] })
  expect(onlyAssignment(world).state).toBe('ready')
  expect(readyEvents(world)[0]?.detail).not.toHaveProperty('accepted')
})

test.for(['specification', 'pm1733'] as const)('so are the VFs of a %s', async (device) => {
  const world = await worldOf(labWith(device))
  if (device === 'pm1733') {
    const { id } = controllerAt(world, PF)
    await done(world, world.workflows.resizePrimary(DEMO, id, { vq: 0, vi: 0 }))
  }
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }], 'nvme'))

  expect(safetyOf(world, 1)).toEqual({ verdict: 'safe', reasons: [] })
})

test('of a VF that nobody could ask nothing is known, and that needs the word as well', async () => {
  const world = await worldOf(tenantSafe())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))

  const refusals = await refusalsOf(assign(world, 1))

  expect(safetyOf(world, 1).verdict).toBe('unknown')
  expect(refusals).toMatchObject([{ check: 'not-tenant-safe' }])
  expect(refusals[0]?.remedy).toContain('Provision one VF of the drive for the nvme driver')
  await done(world, assign(world, 1, TRUSTED))
})

test('what one VF said counts for those of its drive, also when it is in the pool again', async () => {
  const world = await worldOf(tenantSafe())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }], 'nvme'))
  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))
  await done(
    world,
    provision(world, [
      { ioQueuePairs: 1, nsids: [] },
      { ioQueuePairs: 1, nsids: [] },
    ])
  )

  await done(world, assign(world, 2))

  expect(safetyOf(world, 2).verdict).toBe('safe')
})

test('with other firmware what was said before is not known any more', async () => {
  const world = await worldOf(tenantSafe())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }], 'nvme'))
  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))
  const { sriovBefore: _, ...row } = controllerAt(world, PF)
  const { controller } = row.observation
  if (!controller) throw new Error('the primary answers')
  const updated = { ...controller, firmware: '7.2.23' }
  const observation = { ...row.observation, controller: updated }
  const controllers = [{ ...row, observation, lastController: updated }]
  const rows = { controllers, virtualFunctions: [], namespaces: [] }
  await world.store.commit([{ write: 'reconcile', ...rows }])

  expect(safetyOf(world, 1).verdict).toBe('unknown')
  expect(await refusalsOf(assign(world, 1))).toMatchObject([{ check: 'not-tenant-safe' }])
})

test('what a VF says of itself counts, not what was known of it', async () => {
  const world = await worldOf()
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }], 'nvme'))
  const { sriovBefore: _, ...row } = controllerAt(world, PF)
  const firmware = row.lastController?.firmware ?? ''
  const reachOfVfs = [{ vfNumber: 1, firmware, reach: [] }]
  const controllers = [{ ...row, observation: { ...row.observation, reachOfVfs } }]
  const rows = { controllers, virtualFunctions: [], namespaces: [] }
  await world.store.commit([{ write: 'reconcile', ...rows }])

  expect(safetyOf(world, 1).verdict).toBe('safe')
  expect(await refusalsOf(assign(world, 1))).toMatchObject([{ check: 'not-tenant-safe' }])
})

function worldOf(description = labLikeHost()): Promise<World> {
  return makeWorld(memoryStore(), { description })
}

/** The lab's guest, its SR-IOV drive one that keeps VFs from each other. */
function tenantSafe(): HostDescription {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((one) =>
      one.sriov ? { ...one, sriov: { ...one.sriov, tenantSafe: true } } : one
    ),
  }))
  return { ...host, subsystems }
}

function assign(world: World, vfNumber: number, accept?: readonly Acceptable[]) {
  const virtualFunctionId = virtualFunctionOf(world, vfNumber).id
  const request = { virtualFunctionId, consumer: 'vm' }
  return world.workflows.assign(DEMO, accept ? { ...request, accept } : request)
}

function safetyOf(world: World, vfNumber: number) {
  const { id } = virtualFunctionOf(world, vfNumber)
  return world.inventory.virtualFunction(DEMO, id).tenantSafety
}

function readyEvents({ store }: World) {
  return store.read.events(null, 0, 1_000).filter(({ type }) => type === 'assignment.ready')
}
