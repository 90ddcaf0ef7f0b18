/** What a primary's resizing is refused for, by the request and again by its step; and who it waits for on the way back. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { ALLOCATE_AND_RESET } from '../../src/workflows/resize-params.ts'
import { labWith } from '../support/lab-with.ts'
import { byHand, diskNow, unbindByHand } from './by-hand.ts'
import { memoryStore } from './memory-store.ts'
import { refusalsOf, troubleOf } from './trouble.ts'
import {
  bindByHand,
  controllerAt,
  done,
  makeWorld,
  PF,
  provision,
  resize,
  virtualFunctionOf,
  write,
  type World,
  type WorldOptions,
} from './world.ts'

const pf = pciAddress(PF)
const WANTED = { vq: 4, vi: 2 }
const RESET = `/sys/bus/pci/devices/${PF}/reset`
const IN_USE: readonly (readonly [string, string, (world: World) => Promise<void>])[] = [
  [
    'a secondary that somebody brought online',
    'takes-down-secondary',
    async (world) => {
      await byHand(world, { change: 'setAutoprobe', pf, enabled: false })
      await byHand(world, { change: 'setVfCount', pf, count: 8 })
      for (const resource of ['vq', 'vi'] as const) {
        const assign = { change: 'assignResources', pf, cntlid: 3, resource } as const
        await byHand(world, { ...assign, count: 2 })
      }
      await byHand(world, { change: 'bringOnline', pf, cntlid: 3 })
    },
  ],
  [
    'an offline secondary that has resources',
    'takes-down-secondary',
    (world) =>
      byHand(world, {
        change: 'assignResources',
        pf,
        cntlid: 2,
        resource: 'vq',
        count: 4,
      }),
  ],
  [
    'a VF that a driver has',
    'takes-down-secondary',
    async (world) => {
      await byHand(world, { change: 'setAutoprobe', pf, enabled: false })
      await byHand(world, { change: 'setVfCount', pf, count: 8 })
      await bindByHand(world, '0000:01:00.1', 'vfio-pci')
    },
  ],
  [
    'VFs that are merely enabled',
    'has-virtual-functions',
    async (world) => {
      await byHand(world, { change: 'setAutoprobe', pf, enabled: false })
      await byHand(world, { change: 'setVfCount', pf, count: 8 })
    },
  ],
  [
    'a file system of the host',
    'namespace-mounted',
    async (world) => {
      world.machine.mount(await diskNow(world, 1), '/srv/somebodys')
    },
  ],
  [
    'a primary that would be reset by its bus',
    'no-function-level-reset',
    ({ machine }) => write(machine, `/sys/bus/pci/devices/${PF}/reset_method`, 'bus'),
  ],
  [
    'a primary that lost its driver since the last scan',
    'not-on-host-driver',
    (world) => unbindByHand(world, PF),
  ],
]

test.for(IN_USE)('with %s a primary is not resized', async ([, check, prepare]) => {
  const world = await makeWorld(memoryStore())
  await prepare(world)
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(resize(world, WANTED))

  expect(refusals.map((refusal) => refusal.check)).toEqual([check])
  expect(world.machine.transcript).toHaveLength(written)
})

test.for(IN_USE)(
  'with %s that came after the request nothing is written',
  async ([, check, prepare]) => {
    let written = -1
    const world = await makeWorld(memoryStore(), {
      adapt: justBefore(ALLOCATE_AND_RESET, async () => {
        await prepare(world)
        written = world.machine.transcript.length
      }),
    })

    const end = await world.end(await resize(world, WANTED))

    expect(end).toMatchObject({
      state: 'undone',
      error: { detail: { refusals: [{ check }] } },
    })
    expect(world.machine.transcript).toHaveLength(written)
  }
)

/** Somebody is faster than the step, after all that was looked at before it. */
function justBefore(name: string, act: () => Promise<void>): WorldOptions['adapt'] {
  return (workflow) => ({
    ...workflow,
    steps: (params) =>
      workflow.steps(params).map((step) => {
        if (step.name !== name) return step
        return {
          ...step,
          guard: async (context) => {
            await act()
            return (await step.guard?.(context)) ?? { result: 'passed' }
          },
        }
      }),
  })
}

test('whom a reset would take down is named, with tenant and consumer', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 2, nsids: [2] }]))
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  await done(
    world,
    world.workflows.assign(DEMO, {
      virtualFunctionId,
      consumer: 'vm-7',
      accept: ['not-tenant-safe'],
    })
  )

  const [refusal, ...others] = await refusalsOf(resize(world, WANTED))

  expect(others).toEqual([])
  expect(refusal?.reason).toBe(
    `a reset of ${PF} takes VF 1 (secondary controller 1) down, which is provisioned for tenant ${DEMO.tenant}, assigned to vm-7 of tenant ${DEMO.tenant}, online with 3 VQ and 3 VI, bound to vfio-pci at 0000:01:00.1`
  )
})

test.for([
  [
    { vq: 33, vi: 0 },
    { kind: 'insufficient-resources', requested: 33, available: 32 },
  ],
  [
    { vq: 0, vi: 25 },
    { kind: 'insufficient-resources', requested: 25, available: 24 },
  ],
  [
    { vq: -1, vi: 0 },
    { kind: 'invalid', field: 'vq' },
  ],
  [
    { vq: 0, vi: 65_536 },
    { kind: 'invalid', field: 'vi' },
  ],
  [
    { vq: 0.5, vi: 0 },
    { kind: 'invalid', field: 'vq' },
  ],
] as const)('%o is refused: %o', async ([wanted, trouble]) => {
  const world = await makeWorld(memoryStore())

  expect(await troubleOf(resize(world, wanted))).toMatchObject(trouble)
  expect(world.machine.transcript).toEqual([])
})

test('a number that the drive would round is refused before it is asked', async () => {
  const host = labWith('specification')
  const coarse = host.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((one) =>
      one.sriov ? { ...one, sriov: { ...one.sriov, vqGranularity: 4 } } : one
    ),
  }))
  const world = await makeWorld(memoryStore(), {
    description: { ...host, subsystems: coarse },
  })

  expect(await troubleOf(resize(world, { vq: 6, vi: 0 }))).toMatchObject({
    kind: 'invalid',
    field: 'vq',
    reason: 'cannot be 6: they are given in multiples of 4',
  })
})

test('a primary is not resized while it is provisioned from, nor the other way round', async () => {
  const world = await makeWorld(memoryStore())
  const one = [{ ioQueuePairs: 1, nsids: [] }]

  const provisioning = await provision(world, one)
  const meanwhile = await troubleOf(resize(world, WANTED))
  await world.end(provisioning)
  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))
  const resizing = await resize(world, WANTED)
  const again = await troubleOf(provision(world, one))
  await world.end(resizing)

  expect(meanwhile).toMatchObject({ kind: 'conflict', operationId: provisioning.id })
  expect(again).toMatchObject({ kind: 'conflict', operationId: resizing.id })
  await done(world, provision(world, one))
})

test('what it has already is allocated again, and nothing is reset', async () => {
  const world = await makeWorld(memoryStore())

  await done(world, resize(world, { vq: 0, vi: 0 }))

  expect(world.machine.transcript.map(({ call }) => call)).toEqual(['admin', 'admin'])
})

test('the way back waits for a file system that was mounted meanwhile, and says so', async () => {
  const world = await makeWorld(memoryStore(), { description: labWith('pm1733') })
  const disk = await diskNow(world, 1)
  let unmount = () => {}
  world.machine.faults.add({
    match: { call: 'write', path: RESET },
    times: 1,
    kind: { fault: 'never-returns' },
  })
  const operation = await resize(world, { vq: 0, vi: 0 })
  await world.until(operation, (state) => state === 'blocked')

  unmount = world.machine.mount(disk, '/srv/somebodys')
  world.machine.faults.release('with-effect')
  const waiting = await world.until(
    operation,
    (state) => state === 'undoing' || state === 'blocked'
  )
  await world.clock.advance(2_000)
  const shown = world.workflows.operation(DEMO, operation.id)
  unmount()
  const end = await world.end(operation)

  expect(waiting.error ?? shown.error).not.toBeNull()
  expect(shown).toMatchObject({
    state: 'blocked',
    blocked: { call: expect.stringContaining('/srv/somebodys') },
  })
  expect(end.state).toBe('undone')
  expect(world.machine.snapshot().primaries[PF]?.flexible).toEqual({
    vq: { now: 32, pending: 32 },
    vi: { now: 24, pending: 24 },
  })
})

test('an event tells what the primary had, and what it has', async () => {
  const world = await makeWorld(memoryStore())

  const { id } = await done(world, resize(world, WANTED))

  const events = world.store.read.events(null, 0, 500)
  const told = events.filter(({ operationId }) => operationId === id)
  expect(told).toContainEqual(
    expect.objectContaining({
      type: 'controller.primary-resized',
      subject: { kind: 'controller', id: controllerAt(world, PF).id },
      detail: { vqBefore: 0, viBefore: 0, ...WANTED },
    })
  )
})
