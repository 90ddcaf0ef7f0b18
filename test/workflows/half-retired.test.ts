/** A VF whose retirement failed after its commit step is nobody's until it is retired again. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { memoryStore } from './memory-store.ts'
import { troubleOf } from './trouble.ts'
import {
  bindByHand,
  controllerAt,
  done,
  makeWorld,
  PF,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const ONE = [{ ioQueuePairs: 1, nsids: [2] }]

test('it shows the reason, and is neither assigned nor given to another request', async () => {
  const { world, id } = await halfRetired()

  const view = world.inventory.virtualFunction(DEMO, id)
  const assigning = world.workflows.assign(DEMO, {
    virtualFunctionId: id,
    consumer: 'vm',
    accept: ['not-tenant-safe'],
  })
  const refused = await troubleOf(assigning)
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [3] }]))

  expect(view.quarantine).toContain('disabling the VFs of 0000:01:00.0')
  expect(view.provisioned).toMatchObject({ ioQueuePairs: 1 })
  expect(refused).toMatchObject({
    kind: 'wrong-state',
    state: 'half-retired',
    allowedFrom: ['provisioned'],
  })
  expect(virtualFunctionOf(world, 2).provisioned).toMatchObject({ nsids: [3] })
})

test('its quarantine is an event, with the reason', async () => {
  const { world, id } = await halfRetired()

  const events = world.store.read.events(null, 0, 1_000)

  expect(events.find(({ type }) => type === 'virtual-function.quarantined')).toMatchObject({
    subject: { kind: 'virtualFunction', id },
    detail: { vfNumber: 1, reason: virtualFunctionOf(world, 1).provisioned?.quarantine },
  })
})

test('retired again it is in the pool, and its primary as found', async () => {
  const { world, id, found, repair } = await halfRetired()
  repair()

  await done(world, world.workflows.retire(DEMO, id))

  expect(world.inventory.virtualFunction(DEMO, id)).toMatchObject({
    quarantine: null,
    provisioned: null,
  })
  expect(world.machine.snapshot()).toEqual(found)
  expect(controllerAt(world, PF).sriovBefore).toBeNull()
})

test('what a guard saw after the commit step is in the reason', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, ONE))
  world.machine.faults.add({
    match: { call: 'admin', opcode: 0x1c },
    times: 1,
    kind: { fault: 'status', status: 0x4006 },
  })
  const retiring = await world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id)
  while (!isCommitted(world, retiring.id)) await world.clock.advance(1)

  await bindByHand(world, '0000:01:00.1', 'vfio-pci')
  const end = await world.end(retiring)

  expect(end).toMatchObject({ state: 'stuck', error: { step: 'take-offline' } })
  expect(virtualFunctionOf(world, 1).provisioned?.quarantine).toContain(
    '0000:01:00.1 is bound to vfio-pci'
  )
})

function isCommitted({ workflows }: World, operationId: string): boolean {
  return workflows.operation(DEMO, operationId).committed
}

/** VFs cannot be disabled, until that is repaired. */
async function halfRetired() {
  const world: World = await makeWorld(memoryStore())
  const found = world.machine.snapshot()
  await done(world, provision(world, ONE))
  const { id } = virtualFunctionOf(world, 1)
  const repair = world.machine.faults.add({
    match: { call: 'write', path: '**/sriov_numvfs' },
    kind: { fault: 'errno', errno: 'EIO' },
  })
  const end = await world.end(await world.workflows.retire(DEMO, id))
  expect(end).toMatchObject({ state: 'stuck', committed: true })
  return { world, id, found, repair }
}
