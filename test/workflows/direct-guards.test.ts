/** What keeps a controller from going with chosen namespaces: each refusal by its name, and nothing written. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { dualController, FIRST, SECOND, second } from '../support/dual-controller.ts'
import { byHand, diskIfAny, unbindByHand } from './by-hand.ts'
import {
  assignFirst,
  attachments,
  directWorld,
  idsOf,
  NAMESPACES,
  THIRD,
  threeControllers,
} from './direct-world.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf, troubleOf } from './trouble.ts'
import { controllerAt, done, makeWorld, PF, PLAIN, provision, type World } from './world.ts'
import { memoryStore } from './memory-store.ts'

test.for([
  [[3, 3], 'namespaceIds/1', 'is asked for twice'],
  [['nobody'], 'namespaceIds/0', 'is no namespace of the subsystem of this controller'],
] as const)('namespaces %j are refused by their field', async ([asked, field, reason]) => {
  const world = await directWorld()
  const namespaceIds = asked.map((one) =>
    typeof one === 'string' ? one : (idsOf(world, [one])[0] ?? '')
  )

  const trouble = await troubleOf(assignFirst(world, [], { namespaceIds }))

  expect(trouble).toEqual({ kind: 'invalid', field, reason })
})

test('namespaces of another subsystem are refused, and any with a VF', async () => {
  const world = await makeWorld(memoryStore())
  const { namespaces } = world.store.read.inventoryOf(world.hostId)
  const { serial } = controllerAt(world, PF)
  const ofOther = namespaces.find(({ observation }) => observation.serial === serial)
  const namespaceIds = [ofOther?.id ?? '']
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))
  const [vf] = world.store.read.inventoryOf(world.hostId).virtualFunctions
  const assign = (request: { controllerId: string } | { virtualFunctionId: string }) =>
    world.workflows.assign(DEMO, { ...request, namespaceIds, consumer: 'vm' })

  const foreign = await troubleOf(assign({ controllerId: controllerAt(world, PLAIN).id }))
  const withVf = await troubleOf(assign({ virtualFunctionId: vf?.id ?? '' }))

  expect(foreign).toMatchObject({ kind: 'invalid', field: 'namespaceIds/0' })
  expect(withVf).toMatchObject({ kind: 'invalid', field: 'namespaceIds' })
})

test('a namespace that was asked for and that the host uses is refused, naming the mount', async () => {
  const world = await directWorld()
  world.machine.mount((await diskIfAny(world, { nsid: 3 })) ?? '', '/srv/somebodys')

  const refusals = await refusalsOf(assignFirst(world, [3]))

  expect(refusals).toMatchObject([{ check: 'namespace-mounted' }])
  expect(world.machine.transcript).toEqual([])
})

test('a mounted namespace whose only path is the controller that goes is refused', async () => {
  const world = await directWorld()
  const disk = (await diskIfAny(world, { nsid: 2 })) ?? ''
  world.machine.mount(disk, '/srv/somebodys')

  const refusals = await refusalsOf(assignFirst(world, [3]))

  expect(refusals).toMatchObject([{ check: 'last-path', device: `/dev/${disk}` }])
  expect(refusals[0]?.reason).toContain('/srv/somebodys')
  expect(world.machine.transcript).toEqual([])
})

test('without multipath the other controller’s path does not keep a mount', async () => {
  const world = await directWorld(dualController(NAMESPACES, { multipath: false }))
  const { namespaces } = world.store.read.inventoryOf(world.hostId)
  const [ofFirst = '', ofSecond = ''] =
    namespaces.find(({ observation }) => observation.nsid === 1)?.observation.disks ?? []
  const unmount = world.machine.mount(ofFirst, '/srv/somebodys')

  const refusals = await refusalsOf(assignFirst(world, [3]))
  unmount()
  world.machine.mount(ofSecond, '/srv/kept')
  await done(world, assignFirst(world, [3]))

  expect(refusals).toMatchObject([{ check: 'last-path', device: `/dev/${ofFirst}` }])
  expect(attachments(world)).toMatchObject({ 1: [2], 3: [1] })
})

test('a mount that came after the request ends the operation, and the machine is as it was', async () => {
  let mount = () => {}
  const world = await directWorld(dualController(NAMESPACES), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => ({
          ...step,
          run: (context) => {
            if (step.name === 'record-attachments') mount()
            return step.run(context)
          },
        })),
    }),
  })
  const found = world.machine.snapshot()
  const disk = (await diskIfAny(world, { nsid: 2 })) ?? ''
  mount = () => void world.machine.mount(disk, '/srv/somebodys')

  const end = await world.end(await assignFirst(world, [3]))

  expect(end).toMatchObject({
    state: 'undone',
    error: {
      step: 'attach-namespaces',
      detail: { refusals: [{ check: 'last-path' }] },
    },
  })
  expect(world.machine.snapshot()).toEqual(found)
})

test('where no other controller of the subsystem answers nobody could attach anything', async () => {
  const alone = await makeWorld(memoryStore(), { description: labLikeHost() })
  const plain = { controllerId: controllerAt(alone, PLAIN).id, consumer: 'vm' }
  const world = await directWorld()
  await unbindByHand(world, SECOND)

  const refused = [
    await refusalsOf(alone.workflows.assign(DEMO, { ...plain, namespaceIds: [] })),
    // The inventory says that it is there: the machine is asked.
    await refusalsOf(assignFirst(world, [4])),
  ]

  expect(refused).toMatchObject([
    [{ check: 'no-spokesman', device: PLAIN }],
    [{ check: 'no-spokesman', device: FIRST }],
  ])
})

test('a drive that attaches no namespaces is refused', async () => {
  const host = dualController(NAMESPACES)
  const subsystems = host.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((each) => ({ ...each, device: 'plain' as const })),
  }))
  const world = await directWorld({ ...host, subsystems })

  const refusals = await refusalsOf(assignFirst(world, [3]))

  expect(refusals).toMatchObject([{ check: 'no-namespace-management', device: SECOND }])
})

test('the controller that speaks for the others is not assigned meanwhile, nor those that went asked for again', async () => {
  const world = await directWorld()
  const starting = await assignFirst(world, [3])
  const other = { controllerId: controllerAt(world, SECOND).id, consumer: 'other' }

  const conflict = await troubleOf(world.workflows.assign(DEMO, other))
  await done(world, Promise.resolve(starting))
  const alone = await refusalsOf(
    world.workflows.assign(DEMO, { ...other, namespaceIds: idsOf(world, [3]) })
  )

  expect(conflict).toMatchObject({ kind: 'conflict', device: SECOND })
  expect(alone).toMatchObject([{ check: 'no-spokesman', device: SECOND }])
})

test('what was promised to another consumer’s controller is refused to a third, and so is what it has', async () => {
  const world = await threeControllers()
  const starting = await assignFirst(world, [3])

  const asked = { ask: 'assign', request: toThird(world, [3]) } as const
  const { refusals } = await world.workflows.plan(DEMO, asked)
  const early = refusals.map(({ trouble }) => trouble)
  await done(world, Promise.resolve(starting))
  const late = await refusalsOf(assignThird(world, [3]))
  await done(world, assignThird(world, [4]))

  const to = `assignment ${onlyFirst(world).id}`
  expect(early).toMatchObject([
    { kind: 'conflict', device: THIRD },
    { kind: 'guard', refusals: [{ check: 'namespace-promised' }] },
  ])
  expect(late).toMatchObject([{ check: 'namespace-promised' }])
  expect(late[0]?.reason).toContain(to)
  expect(attachments(world)).toMatchObject({ 1: [2], 3: [1], 4: [3] })
})

test('what a controller of another host has is detached from it by nobody', async () => {
  const world = await threeControllers()
  await unbindByHand(world, THIRD)
  await byHand(world, { change: 'attachNamespace', pf: second, nsid: 4, cntlid: 3 })
  await world.inventory.rescan(DEMO, world.hostId)
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(assignFirst(world, [4]))

  expect(refusals).toMatchObject([{ check: 'namespace-attached-elsewhere' }])
  expect(world.machine.transcript).toHaveLength(written)
})

test('what somebody attaches before the controller is bound ends the operation', async () => {
  const world = await directWorld(dualController(NAMESPACES), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => {
          const { guard } = step
          if (step.name !== 'bind-vfio' || !guard) return step
          const change = {
            change: 'attachNamespace',
            pf: second,
            nsid: 4,
            cntlid: 1,
          } as const
          return {
            ...step,
            guard: async (context) => {
              await byHand(world, change)
              return guard(context)
            },
          }
        }),
    }),
  })

  const end = await world.end(await assignFirst(world, [3]))

  expect(end).toMatchObject({
    state: 'undone',
    error: { detail: { refusals: [{ check: 'namespaces-changed' }] } },
  })
  expect(onlyAssignment(world).state).toBe('failed')
})

test('nor does one go with chosen namespaces while operations decide about others of its subsystem', async () => {
  const world = await makeWorld(memoryStore(), { description: threePrimaries() })
  const [controllerId = '', ...others] = PORTS.map((port) => controllerAt(world, port).id)
  for (const id of others) await world.workflows.resizePrimary(DEMO, id, { vq: 4, vi: 2 })
  const request = { controllerId, namespaceIds: [], consumer: 'vm' }

  const { refusals } = await world.workflows.plan(DEMO, { ask: 'assign', request })

  const held = refusals.map(({ trouble }) => trouble.kind === 'conflict' && trouble.device)
  expect(new Set(held)).toEqual(new Set(PORTS.slice(1)))
})

const PORTS = [PF, '0000:03:00.0', '0000:04:00.0']

/** Of the SR-IOV drive. */
function threePrimaries(): HostDescription {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.flatMap((one) =>
      one.sriov
        ? PORTS.map((address, at) => ({
            ...one,
            address,
            rootPort: `0000:00:0${at + 6}.0`,
          }))
        : [one]
    ),
  }))
  return { ...host, subsystems }
}

function assignThird(world: World, nsids: readonly number[]) {
  return world.workflows.assign(DEMO, toThird(world, nsids))
}

function toThird(world: World, nsids: readonly number[]) {
  return {
    controllerId: controllerAt(world, THIRD).id,
    namespaceIds: idsOf(world, nsids),
    consumer: 'third',
  }
}

function onlyFirst({ workflows }: World) {
  const { items } = workflows.assignments(DEMO, { after: null, limit: 5 })
  const found = items.find(({ consumer }) => consumer === 'vm')
  if (!found) throw new Error('nothing is assigned')
  return found
}
