/** Operations that are stuck, tried again. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { FaultDescription } from '../../src/host/drills.ts'
import { expectInventoryTold } from '../support/inventory-told.ts'
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

const ONE = [{ ioQueuePairs: 1, nsids: [2] }]
const EIO = { fault: 'errno', errno: 'EIO' } as const
const BINDING = ['**/drivers_probe', '**/bind'].map((path) => ({ path, address: PLAIN }))

test.for([
  [
    'before its VF was back in the pool',
    { match: { call: 'admin', opcode: 0x15 }, kind: { fault: 'status', status: 0x4006 } },
  ],
  ['after it', { match: { call: 'write', path: '**/sriov_numvfs' }, kind: EIO }],
] as const satisfies readonly (readonly [string, FaultDescription])[])(
  'a retirement that stuck %s is ended, and the machine as found',
  async ([, fault]) => {
    const world = await makeWorld(memoryStore())
    const found = world.machine.snapshot()
    await done(world, provision(world, ONE))
    const { id } = virtualFunctionOf(world, 1)
    const mended = spoil(world, [fault])
    const stuck = await world.end(await world.workflows.retire(DEMO, id))
    const quarantined = world.inventory.virtualFunction(DEMO, id).quarantine
    mended()

    const again = await world.workflows.retry(DEMO, stuck.id)
    const meanwhile = world.inventory.virtualFunction(DEMO, id).quarantine
    const end = await world.end(again)

    expect(stuck).toMatchObject({ state: 'stuck', allowed: ['retry'] })
    expect(quarantined).not.toBeNull()
    expect(again).toMatchObject({ state: 'running', error: null, allowed: [] })
    expect(meanwhile).toBeNull()
    expect(end).toMatchObject({ id: stuck.id, state: 'succeeded', allowed: [] })
    expect(world.machine.snapshot()).toEqual(found)
    expect(virtualFunctionOf(world, 1).provisioned).toBeNull()
    expect(controllerAt(world, PF).sriovBefore).toBeNull()
    expect(eventsOf(world, stuck.id)).toEqual([
      'operation.created',
      'operation.stuck',
      'operation.retried',
      'operation.succeeded',
    ])
  }
)

test('one that sticks again is quarantined again, with what it is of then', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, ONE))
  const { id } = virtualFunctionOf(world, 1)
  spoil(world, [{ match: { call: 'write', path: '**/sriov_numvfs' }, kind: EIO }])
  const stuck = await world.end(await world.workflows.retire(DEMO, id))

  const end = await world.end(await world.workflows.retry(DEMO, stuck.id))

  expect(end.state).toBe('stuck')
  expect(world.inventory.virtualFunction(DEMO, id).quarantine).toContain(
    'disabling the VFs'
  )
})

test('an assignment whose undo failed is undone, and its function is free', async () => {
  const { world, found, stuck, mended } = await stuckAssigning()
  const quarantined = onlyAssignment(world).state
  mended()

  const again = await world.workflows.retry(DEMO, stuck.id)
  const meanwhile = onlyAssignment(world)
  const end = await world.end(again)

  expect(quarantined).toBe('quarantined')
  expect(again).toMatchObject({ state: 'undoing', error: { step: 'bind-vfio' } })
  expect(meanwhile).toMatchObject({ state: 'preparing', quarantine: null })
  expect(end).toMatchObject({ state: 'undone', error: { step: 'bind-vfio' } })
  expect(onlyAssignment(world)).toMatchObject({ state: 'failed', quarantine: null })
  expect(world.machine.snapshot()).toEqual(found)
  await expectInventoryTold(world, 'undone at last')
  await done(world, world.workflows.assign(DEMO, plain(world)))
})

test('a release whose undo failed is undone: the consumer has its function again', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, world.workflows.assign(DEMO, plain(world)))
  const found = world.machine.snapshot()
  const mended = spoil(
    world,
    BINDING.map((match) => ({ match, kind: EIO }))
  )
  const releasing = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  const stuck = await world.end(releasing)
  const quarantined = onlyAssignment(world)
  mended()

  const end = await world.end(await world.workflows.retry(DEMO, stuck.id))

  expect(stuck.state).toBe('stuck')
  expect(quarantined.state).toBe('quarantined')
  expect(end.state).toBe('undone')
  expect(onlyAssignment(world)).toMatchObject({ state: 'ready', quarantine: null })
  expect(world.machine.snapshot()).toEqual(found)
})

test('a restoration whose undo failed is undone: its assignment waits for the next one, and is brought back', async () => {
  const world = await makeWorld(memoryStore())
  const { id } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, plain(world)))
  await world.machine.drills.fire({ event: 'reboot' })
  await world.inventory.rescan(DEMO, world.hostId)
  const mended = spoil(
    world,
    BINDING.map((match) => ({ match, kind: EIO }))
  )
  const stuck = await world.end(await world.workflows.heal(DEMO, id))
  const quarantined = onlyAssignment(world)
  mended()

  const again = await world.workflows.retry(DEMO, stuck.id)
  const meanwhile = onlyAssignment(world)
  const end = await world.end(again)
  const waiting = onlyAssignment(world)
  await done(world, world.workflows.heal(DEMO, id))

  expect(stuck).toMatchObject({ workflow: 'restore-assignment', state: 'stuck' })
  expect(quarantined.state).toBe('quarantined')
  expect(end.state).toBe('undone')
  for (const row of [meanwhile, waiting])
    expect(row).toMatchObject({ state: 'restoring', quarantine: null })
  expect(onlyAssignment(world)).toMatchObject({ state: 'ready', quarantine: null })
})

test('while it runs nobody else gets the function', async () => {
  const { world, stuck } = await stuckAssigning()
  const { workflows } = world

  await workflows.retry(DEMO, stuck.id)
  const changing = workflows.changing(controllerAt(world, PLAIN).id)
  const released = await troubleOf(
    workflows.release(DEMO, onlyAssignment(world).id, { acceptUncleaned: true })
  )

  expect(changing).toBe(stuck.id)
  expect(released.kind).toMatch(/^(conflict|wrong-state)$/)
  expect((await world.end(stuck)).state).toBe('stuck')
})

test('one whose function others have had since is refused, and touches nothing', async () => {
  const { world, stuck, mended } = await stuckAssigning()
  const { workflows } = world
  mended()
  const { id } = onlyAssignment(world)
  await done(world, workflows.release(DEMO, id, { acceptUncleaned: true }))
  await done(world, workflows.assign(DEMO, plain(world)))
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(workflows.retry(DEMO, stuck.id))

  expect(refusals).toMatchObject([{ check: 'operation-overtaken', device: stuck.id }])
  expect(workflows.operation(DEMO, stuck.id)).toMatchObject({ state: 'stuck' })
  expect(world.machine.transcript).toHaveLength(written)
})

test('one that was undone since does not count', async () => {
  const { world, stuck, mended } = await stuckAssigning()
  const { workflows } = world
  const failing = spoil(world, [{ match: { path: '**/unbind' }, kind: EIO }])
  const { id } = onlyAssignment(world)
  await world.end(await workflows.release(DEMO, id, { acceptUncleaned: true }))
  failing()
  mended()

  const end = await world.end(await workflows.retry(DEMO, stuck.id))

  expect(end.state).toBe('undone')
})

test('what is not stuck is refused, with what to do instead', async () => {
  const world = await makeWorld(memoryStore())
  const failing = spoil(world, [{ match: { path: '**/unbind' }, times: 1, kind: EIO }])
  const { workflows } = world
  const undone = await world.end(await workflows.assign(DEMO, plain(world)))
  failing()
  const succeeded = await world.end(await workflows.assign(DEMO, plain(world)))

  const troubles = [
    await troubleOf(workflows.retry(DEMO, undone.id)),
    await troubleOf(workflows.retry(DEMO, succeeded.id)),
    await troubleOf(workflows.cancel(DEMO, undone.id)),
    await troubleOf(workflows.retry(DEMO, 'nobody')),
  ]

  expect(troubles).toMatchObject([
    { kind: 'wrong-state', state: 'undone', allowedFrom: ['stuck'] },
    { kind: 'wrong-state', state: 'succeeded', allowedFrom: ['stuck'] },
    {
      kind: 'wrong-state',
      state: 'undone',
      allowedFrom: ['waiting', 'running', 'blocked'],
    },
    { kind: 'not-found', resource: 'operation' },
  ])
  expect(troubles[0]).toMatchObject({
    remedy: expect.stringContaining('make a new request') as string,
  })
})

test('another tenant sees nothing of it, and who only looks may not', async () => {
  const { world, stuck } = await stuckAssigning()
  const { workflows } = world
  const stranger = { actor: 'b', tenant: 'b', roles: ['operator'] } as const
  const viewer = { actor: 'v', tenant: 'default', roles: ['viewer'] } as const

  const kinds = [
    await troubleOf(workflows.retry(stranger, stuck.id)),
    await troubleOf(workflows.cancel(stranger, stuck.id)),
    await troubleOf(workflows.retry(viewer, stuck.id)),
    await troubleOf(workflows.cancel(viewer, stuck.id)),
  ].map(({ kind }) => kind)

  expect(kinds).toEqual(['not-found', 'not-found', 'forbidden', 'forbidden'])
})

/** The host's drive went to nobody: vfio-pci does not take it, and nvme does not either, until that is mended. */
async function stuckAssigning() {
  const world = await makeWorld(memoryStore())
  const found = world.machine.snapshot()
  const mended = spoil(
    world,
    BINDING.map((match) => ({ match, kind: EIO }))
  )
  const stuck = await world.end(await world.workflows.assign(DEMO, plain(world)))
  expect(stuck).toMatchObject({ state: 'stuck', committed: false })
  return { world, found, stuck, mended }
}

function spoil({ machine }: World, faults: readonly FaultDescription[]): () => void {
  const armed = faults.map((fault) => machine.faults.arm(fault))
  return () => {
    for (const { id } of armed) machine.faults.takeBack(id, 'with-effect')
  }
}

function plain(world: World) {
  return { controllerId: controllerAt(world, PLAIN).id, consumer: 'vm' }
}

function eventsOf({ store }: World, operationId: string): readonly string[] {
  return store.read
    .events(null, 0, 10_000)
    .filter((event) => event.operationId === operationId)
    .map(({ type }) => type)
    .filter((type) => type.startsWith('operation.'))
}
