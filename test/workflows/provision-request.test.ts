import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { GuardResult } from '../../src/saga/workflow.ts'
import type { Store } from '../../src/store/store.ts'
import type { ProvisionRequest } from '../../src/workflows/workflows.ts'
import { memoryStore } from './memory-store.ts'
import { refusalsOf, troubleOf } from './trouble.ts'
import {
  controllerAt,
  diskOf,
  done,
  makeWorld,
  namespaceIds,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const NO_ID = '00000000-0000-5000-8000-000000000000'

test.for([
  [
    'an unknown controller',
    NO_ID,
    [{ ioQueuePairs: 1, namespaceIds: [] }],
    { kind: 'not-found', resource: 'controller' },
  ],
  ['no VF', PF, [], { kind: 'invalid', field: 'virtualFunctions' }],
  [
    'no queue',
    PF,
    [{ ioQueuePairs: 0, namespaceIds: [] }],
    { kind: 'invalid', field: 'virtualFunctions/0/ioQueuePairs' },
  ],
  [
    'no vector',
    PF,
    [{ ioQueuePairs: 1, interruptVectors: 0, namespaceIds: [] }],
    { kind: 'invalid', field: 'virtualFunctions/0/interruptVectors' },
  ],
  [
    'an unknown namespace',
    PF,
    [{ ioQueuePairs: 1, namespaceIds: [NO_ID] }],
    { kind: 'invalid', field: 'virtualFunctions/0/namespaceIds/0' },
  ],
  [
    'VFs of a controller that can have none',
    PLAIN,
    [{ ioQueuePairs: 1, namespaceIds: [] }],
    { kind: 'insufficient-resources', resource: 'virtual functions', available: 0 },
  ],
  [
    'more VFs than there are',
    PF,
    Array.from({ length: 9 }, () => ({ ioQueuePairs: 1, namespaceIds: [] })),
    {
      kind: 'insufficient-resources',
      resource: 'virtual functions',
      requested: 9,
      available: 8,
    },
  ],
  [
    'more queues than one VF may have',
    PF,
    [{ ioQueuePairs: 8, namespaceIds: [] }],
    { kind: 'insufficient-resources', resource: 'vq', requested: 9, available: 8 },
  ],
  [
    'more vectors than one VF may have',
    PF,
    [{ ioQueuePairs: 7, namespaceIds: [] }],
    { kind: 'insufficient-resources', resource: 'vi', requested: 8, available: 6 },
  ],
  [
    'more vectors than are free',
    PF,
    Array.from({ length: 5 }, () => ({ ioQueuePairs: 4, namespaceIds: [] })),
    { kind: 'insufficient-resources', resource: 'vi', requested: 25, available: 24 },
  ],
] as const)('provisioning %s is refused', async ([, where, virtualFunctions, trouble]) => {
  const world = await makeWorld(memoryStore())
  const id = where === NO_ID ? NO_ID : controllerAt(world, where).id

  const asking = world.workflows.provision(DEMO, id, { virtualFunctions })

  expect(await troubleOf(asking)).toMatchObject(trouble)
  expect(world.machine.transcript).toEqual([])
})

test('a namespace that is asked for twice is refused, naming where', async () => {
  const world = await makeWorld(memoryStore())

  const asking = provision(world, [
    { ioQueuePairs: 1, nsids: [2] },
    { ioQueuePairs: 1, nsids: [2] },
  ])

  expect(await troubleOf(asking)).toMatchObject({
    kind: 'invalid',
    field: 'virtualFunctions/1/namespaceIds/0',
  })
})

test('a namespace that the host reaches is refused', async () => {
  const world = await makeWorld(memoryStore())

  const refusals = await refusalsOf(provision(world, [{ ioQueuePairs: 1, nsids: [1] }]))

  expect(refusals).toMatchObject([{ check: 'namespace-attached-elsewhere' }])
})

test('a mounted namespace is refused, naming the mount', async () => {
  const world = await makeWorld(memoryStore())
  world.machine.mount(diskOf(world, 1), '/srv/somebodys')

  const refusals = await refusalsOf(provision(world, [{ ioQueuePairs: 1, nsids: [1] }]))

  expect(refusals[0]).toMatchObject({
    check: 'namespace-mounted',
    remedy: 'Unmount /srv/somebodys.',
  })
})

test('a namespace of another VF is refused, whether that has it or will have it', async () => {
  const world = await makeWorld(memoryStore())
  const first = await provision(world, [{ ioQueuePairs: 1, nsids: [2] }])

  const coming = await refusalsOf(provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  await world.end(first)
  const there = await refusalsOf(provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))

  expect(coming).toMatchObject([{ check: 'namespace-promised' }])
  expect(there).toMatchObject([{ check: 'namespace-promised' }])
})

test('requests at the same time get different VFs, and their sum fits the pools', async () => {
  const world = await makeWorld(memoryStore())
  const four = (nsid: number) =>
    provision(world, [
      { ioQueuePairs: 4, nsids: [nsid] },
      { ioQueuePairs: 4, nsids: [] },
    ])

  const results = await Promise.allSettled([four(2), four(3), four(4)])

  const started = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : []
  )
  const refused = results.flatMap((result) =>
    result.status === 'rejected' ? [Promise.reject(result.reason as Error)] : []
  )
  expect(started).toHaveLength(2)
  expect(await troubleOf(Promise.all(refused))).toMatchObject({
    kind: 'insufficient-resources',
    resource: 'vi',
    requested: 10,
    available: 4,
  })
  for (const operation of started) {
    expect(await world.end(operation)).toMatchObject({ state: 'succeeded' })
  }
  const provisioned = [1, 2, 3, 4].map((number) => virtualFunctionOf(world, number))
  expect(provisioned.map(({ vq }) => vq)).toEqual([5, 5, 5, 5])
})

test('the pool gives its lowest numbers, those of retired VFs again', async () => {
  const world = await makeWorld(memoryStore())
  const one = { ioQueuePairs: 1, nsids: [] }
  await done(world, provision(world, [one, one]))
  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))

  await done(world, provision(world, [one, one]))

  const isProvisioned = [1, 2, 3, 4].map(
    (number) => virtualFunctionOf(world, number).provisioned !== null
  )
  expect(isProvisioned).toEqual([true, true, true, false])
})

test('the same key and request give the same operation, another request is a conflict', async () => {
  const world = await makeWorld(memoryStore())
  const { id } = controllerAt(world, PF)
  const request: ProvisionRequest = {
    virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: namespaceIds(world, [2]) }],
  }
  const ask = (requestHash: string) =>
    world.workflows.provision(DEMO, id, request, { key: 'k', requestHash })

  const [first, second] = await Promise.all([ask('a'), ask('a')])
  await world.end(first)
  const third = await ask('a')

  expect(second.id).toBe(first.id)
  expect(third).toMatchObject({ id: first.id, state: 'succeeded' })
  expect(await troubleOf(ask('b'))).toEqual({ kind: 'idempotency-conflict', key: 'k' })
})

test('one that fails leaves the VFs to the other, and the last to leave puts everything back', async () => {
  const world = await makeWorld(memoryStore())
  const found = world.machine.snapshot()
  const failing = await provision(world, [{ ioQueuePairs: 1, nsids: [2] }])
  const other = await provision(world, [{ ioQueuePairs: 1, nsids: [3] }])
  world.machine.faults.add({
    match: { call: 'write', path: '**/0000:01:00.1/reset' },
    kind: { fault: 'errno', errno: 'EIO' },
  })

  const ends = [await world.end(failing), await world.end(other)]
  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 2).id))

  expect(ends.map(({ state }) => state)).toEqual(['undone', 'succeeded'])
  expect(world.machine.snapshot()).toEqual(found)
  expect(controllerAt(world, PF).sriovBefore).toBeNull()
})

test('all VFs may be asked for as soon as a provisioning has been undone, whatever a scan saw in its middle', async () => {
  const world: World = await makeWorld(memoryStore(), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow
          .steps(params)
          .map((step) => (step.name === 'attach-vfs' ? { ...step, guard: seen } : step)),
    }),
  })
  let isFirst = true
  let seenAs: string | undefined
  async function seen(): Promise<GuardResult> {
    if (!isFirst) return { result: 'passed' }
    isFirst = false
    await world.inventory.rescan(DEMO, world.hostId)
    seenAs = virtualFunctionOf(world, 1).secondaryState
    throw new Error('made to fail')
  }

  const end = await world.end(await provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  const eight = Array.from({ length: 8 }, () => ({ ioQueuePairs: 1, nsids: [] }))
  const all = await done(world, provision(world, eight))

  expect(seenAs).toBe('online')
  expect(end.state).toBe('undone')
  expect(all.steps.map(({ name }) => name)).toContain('resources-vf1')
})

test('a scan that fails at the end keeps nothing that was undone from being undone', async () => {
  const store = memoryStore()
  let fails = false
  let failed = 0
  const commit: Store['commit'] = (writes) => {
    if (!fails || !writes.some(({ write }) => write === 'reconcile'))
      return store.commit(writes)
    failed++
    return Promise.reject(new Error('no space left on device'))
  }
  const world = await makeWorld({ ...store, commit })
  world.machine.faults.add({
    match: { call: 'write', path: '**/0000:01:00.1/reset' },
    kind: { fault: 'errno', errno: 'EIO' },
  })

  const failing = await provision(world, [{ ioQueuePairs: 1, nsids: [2] }])
  const pulled = { event: 'surprise-removal', address: PLAIN } as const
  expect(await world.machine.drills.fire(pulled)).toMatchObject({ fired: true })
  fails = true
  const end = await world.end(failing)

  expect(end).toMatchObject({ state: 'undone', error: { step: 'reset-vfs' } })
  expect(failed).toBe(1)
  expect(controllerAt(world, PLAIN).present).toBe(true)
})
