/** Operations that a later nvirt left, whose workflows this one has no code for: its update was taken back. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { Json } from '../../src/saga/workflow.ts'
import type { AssignmentRow } from '../../src/store/rows.ts'
import type { Store } from '../../src/store/store.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { troubleOf } from './trouble.ts'
import {
  controllerAt,
  done,
  makeWorld,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  write,
  type World,
} from './world.ts'

const AT = '2026-01-01T00:00:00.000Z'
const OPERATION = '01900000-0000-7000-8000-000000000000'
const PAGE = { after: null, limit: 10 }
const ACCEPTED = { acceptUncleaned: true }

test('one keeps nothing from starting, is shown, and is stuck with the reason', async () => {
  const store = memoryStore()
  await leave(store, { what: 'parameters of another shape' })
  const world = await makeWorld(store)
  const { workflows } = world

  const before = workflows.operations(DEMO, {}, PAGE).items
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))
  await done(world, workflows.assign(DEMO, plain(world)))
  await workflows.resume()

  expect(before).toMatchObject([
    { state: 'running', subject: { kind: 'unknown', id: '' }, progress: { stepsTotal: 0 } },
  ])
  expect(workflows.operation(DEMO, OPERATION)).toMatchObject({
    state: 'stuck',
    error: {
      message: 'needs another nvirt: this one has no code for assign-function version 99',
    },
  })
})

test('what can be understood of it counts, until it is stuck', async () => {
  const store = memoryStore()
  const { id } = controllerAt(await makeWorld(store), PLAIN)
  const subject = { kind: 'namespace', id: 'n' }
  await leave(store, { subject, holds: { exclusive: [id], shared: [] } })
  const world = await makeWorld(store)
  const { workflows } = world

  const asked = await troubleOf(workflows.assign(DEMO, plain(world)))
  const changing = workflows.changing(id)
  await workflows.resume()

  expect(asked).toMatchObject({ kind: 'conflict', operationId: OPERATION })
  expect(changing).toBe(OPERATION)
  expect(workflows.operation(DEMO, OPERATION).subject).toEqual(subject)
  expect(workflows.changing(id)).toBeNull()
  await done(world, workflows.assign(DEMO, plain(world)))
})

test('an assignment that it had not begun with is freed by name, and nothing is touched', async () => {
  const store = memoryStore()
  const first = await makeWorld(store)
  await leave(store, {})
  await store.commit([{ write: 'putAssignment', row: requested(first) }])
  const world = await first.restart()
  const { workflows } = world
  const { id } = onlyAssignment(world)
  const open = await troubleOf(workflows.release(DEMO, id, ACCEPTED))
  await workflows.resume()

  const unnamed = await troubleOf(workflows.release(DEMO, id, {}))
  await done(world, workflows.release(DEMO, id, ACCEPTED))

  expect(open).toMatchObject({ kind: 'wrong-state', state: 'requested' })
  expect(unnamed).toMatchObject({ kind: 'wrong-state', state: 'abandoned' })
  expect(world.machine.transcript).toEqual([])
  expect(onlyAssignment(world).state).toBe('released')
  expect(eventsOf(world)).toEqual(['assignment.freed-uncleaned', 'assignment.released'])
  await done(world, workflows.assign(DEMO, plain(world)))
})

test('an assignment of a VF that does not exist any more is freed too', async () => {
  const store = memoryStore()
  const first = await makeWorld(store)
  await done(first, provision(first, [{ ioQueuePairs: 1, nsids: [] }]))
  await leave(store, {})
  const functionId = virtualFunctionOf(first, 1).id
  const row = { ...requested(first), functionKind: 'virtualFunction' as const, functionId }
  await store.commit([{ write: 'putAssignment', row }])
  const world = await first.restart()
  await world.workflows.resume()
  await write(world.machine, `/sys/bus/pci/devices/${PF}/sriov_numvfs`, '0')
  await world.inventory.rescan(DEMO, world.hostId)

  await done(world, world.workflows.release(DEMO, row.id, ACCEPTED))

  expect(virtualFunctionOf(world, 1).address).toBeNull()
  const freed = store.read.events(null, 0, 100).find(({ type }) => type.includes('freed'))
  expect(freed?.detail).toMatchObject({ functionId, pciAddress: '0000:01:00.1' })
})

test('one that it left half-way gives its function back as it was', async () => {
  const { world, found } = await leftReleasing()
  const { workflows } = world

  await done(world, workflows.release(DEMO, onlyAssignment(world).id, ACCEPTED))

  expect(world.machine.snapshot()).toEqual(found)
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('where that fails it is quarantined, and can be freed again', async () => {
  const { world } = await leftReleasing()
  const { workflows, machine } = world
  machine.faults.add({
    match: { call: 'write', path: '**/unbind' },
    times: 1,
    kind: { fault: 'errno', errno: 'EIO' },
  })

  const { id } = onlyAssignment(world)
  const failed = await world.end(await workflows.release(DEMO, id, ACCEPTED))

  expect(failed.state).toBe('undone')
  expect(onlyAssignment(world)).toMatchObject({
    state: 'quarantined',
    quarantine: 'the operation that had it ended half-way',
  })
  await done(world, workflows.release(DEMO, id, ACCEPTED))
})

/** A controller with vfio-pci, whose release another nvirt began. */
async function leftReleasing() {
  const store = memoryStore()
  const first = await makeWorld(store)
  const found = first.machine.snapshot()
  await done(first, first.workflows.assign(DEMO, plain(first)))
  await leave(store, {})
  const { id } = onlyAssignment(first)
  const set = { state: 'releasing', operationId: OPERATION } as const
  await store.commit([{ write: 'updateAssignment', id, set, at: AT }])
  const world = await first.restart()
  await world.workflows.resume()
  return { world, found }
}

function plain(world: World) {
  return { controllerId: controllerAt(world, PLAIN).id, consumer: 'vm' }
}

function requested(world: World): AssignmentRow {
  return {
    id: '01900000-0000-7000-8000-000000000001',
    hostId: world.hostId,
    functionKind: 'controller',
    functionId: controllerAt(world, PLAIN).id,
    state: 'requested',
    consumer: 'vm',
    actor: DEMO.actor,
    tenant: DEMO.tenant,
    operationId: OPERATION,
    before: null,
    handOver: null,
    quarantine: null,
    createdAt: AT,
    updatedAt: AT,
  }
}

async function leave(store: Store, params: Json): Promise<void> {
  await store.commit([
    {
      write: 'createOperation',
      operation: {
        id: OPERATION,
        workflow: 'assign-function',
        version: 99,
        params,
        state: 'running',
        steps: [],
        committed: false,
        cancelRequest: null,
        retried: false,
        error: null,
        blocked: null,
        waitsFor: [],
        actor: DEMO.actor,
        tenant: DEMO.tenant,
        owner: 'a former process',
        leaseUntilMs: 0,
        fence: 1,
        createdAt: AT,
        updatedAt: AT,
      },
    },
  ])
}

function eventsOf({ store }: World): readonly string[] {
  return store.read
    .events(null, 0, 1_000)
    .filter(({ subject }) => subject.kind === 'assignment')
    .map(({ type }) => type)
}
