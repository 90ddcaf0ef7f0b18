/** The main job below the API, with the real database: what it does to the machine, and what it tells. */
import { expect, test } from 'vitest'
import { DEMO, type Caller } from '../../src/access/caller.ts'
import { KERNEL_TIMING } from '../../src/emulator/timing.ts'
import { temporaryStore } from '../store/temporary-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { troubleOf } from './trouble.ts'
import {
  controllerAt,
  done,
  makeWorld,
  PF,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const WITHIN_MS = 120_000
const PAGE = { after: null, limit: 100 }

test(
  'VFs are provisioned, handed over, taken back and retired, and the machine is as found',
  { timeout: WITHIN_MS },
  async () => {
    const world = await makeWorld(await temporaryStore(), { timing: KERNEL_TIMING })
    const found = world.machine.snapshot()

    await done(world, provision(world, TWO, 'nvme'))
    const provisioned = world.machine.snapshot()
    await done(world, assignFirst(world))
    const assigned = onlyAssignment(world)
    await done(world, world.workflows.release(DEMO, assigned.id, { acceptUncleaned: true }))
    for (const number of [1, 2]) {
      const { id } = virtualFunctionOf(world, number)
      await done(world, world.workflows.retire(DEMO, id))
    }

    const { vfCount, autoprobe, secondaries } = provisioned.primaries[PF] ?? {}
    expect({ vfCount, autoprobe }).toEqual({ vfCount: 8, autoprobe: false })
    expect(secondaries?.slice(0, 3)).toEqual([
      { cntlid: 1, state: 'online', vq: 4, vi: 4 },
      { cntlid: 2, state: 'online', vq: 3, vi: 3 },
      { cntlid: 3, state: 'offline', vq: 0, vi: 0 },
    ])
    expect(attachedTo(provisioned, 'sub0')).toEqual([[0, 3, 4, 5, 6, 7, 8], [1], [2], []])
    expect(provisioned.functions['0000:01:00.1']).toEqual({
      driver: 'nvme',
      override: 'nvme',
    })
    expect(assigned).toMatchObject({
      state: 'ready',
      before: { binding: { driver: 'nvme', override: 'nvme' } },
      handOver: { address: '0000:01:00.1', vfioPath: '/dev/vfio/9' },
    })
    expect(world.machine.snapshot()).toEqual(found)
    expect(controllerAt(world, PF).sriovBefore).toBeNull()
    await world.stop()
  }
)

test(
  'events of an operation name it, and what it does is no drift',
  { timeout: WITHIN_MS },
  async () => {
    const world = await makeWorld(await temporaryStore())
    const from = world.store.read.lastEventNumber()

    const operation = await done(world, provision(world, TWO.slice(0, 1)))

    const events = world.store.read.events(null, from, 100)
    expect(events.map(({ type, operationId }) => [type, operationId])).toEqual([
      ['operation.created', operation.id],
      ['operation.succeeded', operation.id],
      ['virtual-function.provisioned', operation.id],
    ])
    await world.stop()
  }
)

test(
  'operations and assignments are seen by their tenant, and by admins',
  { timeout: WITHIN_MS },
  async () => {
    const world = await makeWorld(await temporaryStore())
    const mine: Caller = { actor: 'token:mine', tenant: 'mine', roles: ['operator'] }
    const other: Caller = { ...mine, actor: 'token:other', tenant: 'other' }
    const controllerId = controllerAt(world, '0000:02:00.0').id

    const operation = await world.workflows.assign(mine, { controllerId, consumer: 'vm' })
    await world.end(operation)

    const { workflows } = world
    const { id } = onlyAssignment(world)
    expect(workflows.operation(mine, operation.id)).toMatchObject({
      actor: 'token:mine',
      progress: { fraction: 1 },
      subject: { kind: 'assignment', id },
    })
    expect(workflows.operation(mine, operation.id)).not.toHaveProperty('fence')
    expect(workflows.operations(other, {}, PAGE).items).toEqual([])
    expect(workflows.assignments(other, PAGE).items).toEqual([])
    expect(() => workflows.operation(other, operation.id)).toThrow()
    expect(() => workflows.assignment(other, id)).toThrow()
    expect(await troubleOf(workflows.release(other, id, {}))).toMatchObject({
      kind: 'not-found',
    })
    expect(await troubleOf(workflows.wait(other, operation.id, 1))).toMatchObject({
      kind: 'not-found',
    })
    await world.stop()
  }
)

const TWO = [
  { ioQueuePairs: 3, nsids: [2] },
  { ioQueuePairs: 2, nsids: [3] },
]

function assignFirst(world: World) {
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  return world.workflows.assign(DEMO, {
    virtualFunctionId,
    consumer: 'vm',
    accept: ['not-tenant-safe'],
  })
}

function attachedTo(
  { attachments }: ReturnType<World['machine']['snapshot']>,
  subsystem: string
) {
  return Object.entries(attachments)
    .filter(([name]) => name.includes(subsystem))
    .map(([, cntlids]) => cntlids)
}
