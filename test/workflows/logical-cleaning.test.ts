/** Cleaning by deleting and creating: what it does, what it says of it, who follows, and where it is refused. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { diskIfAny } from './by-hand.ts'
import {
  assignVfWith,
  evidenceIn,
  LOGICAL_OF_VF,
  releaseLogically,
  withFreeNsid,
} from './logical-scenarios.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment, withPlainDrive } from './scenarios.ts'
import {
  controllerAt,
  done,
  makeWorld,
  namespaceIds,
  PF,
  PLAIN,
  virtualFunctionOf,
  type World,
} from './world.ts'
import { asSpecified, assignFirst, attachments, directWorld } from './direct-world.ts'
import { dualController } from '../support/dual-controller.ts'

const isAdmin = (opcode: number) => (call: World['machine']['transcript'][number]) =>
  call.call === 'admin' && call.command.opcode === opcode

test('namespaces are deleted and created, never formatted, and the evidence says logical', async () => {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await assignVfWith(world, [3])
  const from = world.machine.transcript.length

  await done(world, releaseLogically(world))

  const made = world.machine.transcript.slice(from)
  expect(made.filter(isAdmin(0x80))).toEqual([])
  expect(made.filter(isAdmin(0x0d))).toMatchObject([
    { command: { nsid: 3, cdw10: 1 } },
    { command: { cdw10: 0 } },
  ])
  expect(evidenceIn(world)).toMatchObject({
    namespaces: [
      {
        nsid: 3,
        becameNsid: 1,
        method: 'logical: deleted and created',
        sizeBytes: 64 << 20,
        markersLeft: 0,
      },
    ],
  })
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('a VF has the namespace that was created in place of its own, with another id', async () => {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await assignVfWith(world, [3])
  const [was] = namespaceIds(world, [3])

  await done(world, releaseLogically(world))
  await world.inventory.rescan(DEMO, world.hostId)

  expect(virtualFunctionOf(world, 1).provisioned).toMatchObject({ nsids: [1] })
  expect(namespaceIds(world, [1])).not.toEqual([was])
  expect(world.store.read.driftOf(world.hostId)).toEqual([])
  const present = world.store.read
    .inventoryOf(world.hostId)
    .namespaces.find(({ id }) => id === was)?.present
  expect(present).toBe(false)
})

test('what is declared of VFs follows its namespace', async () => {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await assignVfWith(world, [3])
  const { id } = controllerAt(world, PF)
  const lists = [namespaceIds(world, [3]), namespaceIds(world, [4])]
  await world.workflows.declareVirtualFunctions(DEMO, id, {
    count: 2,
    vq: { each: 2 },
    vi: { each: 2 },
    namespaceIds: lists,
  })

  const releasing = await releaseLogically(world)
  for (let scans = 0; scans < 20; scans++) {
    await world.clock.advance(5)
    await world.inventory.rescan(DEMO, world.hostId)
  }
  await world.end(releasing)

  const policy = world.store.read.virtualFunctionPolicy(id)
  expect(policy?.virtualFunctions.map(({ nsids }) => nsids)).toEqual([[1], [4]])
  const [own, other] = [namespaceIds(world, [1]), namespaceIds(world, [4])]
  expect(policy?.request.namespaceIds).toEqual([own, other])
})

test('of a controller with chosen namespaces each is put back where it was, by its new nsid', async () => {
  const world = await directlyAssigned()

  await done(world, releaseLogically(world))

  expect(attachments(world)).toEqual({ 1: [2], 2: [1, 2], 4: [1] })
})

test.for([
  [{}, { 1: [2], 2: [1, 2], 4: [1] }],
  [{ acceptUncleaned: true }, { 2: [1, 2], 4: [1] }],
] as const)(
  'nor is the rest forgotten where it is released with %j after it was stuck',
  async ([request, wanted]) => {
    const world = await directlyAssigned()
    const { id } = await stuckWithoutNew(world)

    await done(world, world.workflows.release(DEMO, id, request))

    expect(attachments(world)).toEqual(wanted)
    expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
  }
)

async function directlyAssigned(): Promise<World> {
  const description = dualController([
    { nsid: 2, attachedTo: [1, 2], nguid: 'b2'.padStart(32, '0') },
    { nsid: 3, attachedTo: [2], nguid: 'b3'.padStart(32, '0') },
    { nsid: 4, attachedTo: [1], nguid: 'b4'.padStart(32, '0'), shared: false },
  ])
  const world = await directWorld(asSpecified(description))
  await done(world, assignFirst(world, [3]))
  return world
}

/** The drive has deleted, and would not create. From now on it does. */
async function stuckWithoutNew(world: World) {
  const match = { call: 'admin', opcode: 0x0d, nsid: 0 } as const
  const { id } = world.machine.faults.arm({ match, kind: { fault: 'status', status: 0x6 } })
  const end = await world.end(await releaseLogically(world))
  world.machine.faults.takeBack(id, 'with-effect')
  expect(end).toMatchObject({ state: 'stuck', error: { step: 'recreate' } })
  return onlyAssignment(world)
}

test('released again after it was stuck, what was deleted is created, and then erased by the drive', async () => {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await assignVfWith(world, [3, 4])
  const left = await stuckWithoutNew(world)

  await done(world, world.workflows.release(DEMO, left.id, {}))

  expect(left.before?.recreating?.namespaces).toMatchObject([{ nsid: 3 }, { nsid: 4 }])
  expect(evidenceIn(world)).toMatchObject({
    namespaces: [
      { nsid: 3, method: 'format, cryptographic erase' },
      { nsid: 1, method: 'format, cryptographic erase' },
    ],
  })
  expect(virtualFunctionOf(world, 1).provisioned?.nsids).toEqual([3, 1])
  expect(onlyAssignment(world).before).not.toHaveProperty('recreating')
})

test('what was deleted and is not created again keeps nobody from freeing the VF uncleaned', async () => {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await assignVfWith(world, [3, 4])
  const { id } = await stuckWithoutNew(world)

  await done(world, world.workflows.release(DEMO, id, { acceptUncleaned: true }))

  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))
})

test('a reboot between the two does not keep the new one from being created, and nothing is created twice', async () => {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await assignVfWith(world, [3])
  const match = { call: 'admin', opcode: 0x0d, nsid: 0 } as const
  const fault = { fault: 'status', status: 0x6 } as const
  const { id } = world.machine.faults.arm({ match, times: 1, kind: fault })
  const struck = () =>
    world.machine.faults.armed().some((one) => one.id === id && one.struck > 0)

  const operation = await releaseLogically(world)
  for (let ms = 0; ms < 10_000 && !struck(); ms += 20) await world.clock.advance(20)
  const between = nsidsOf(world)
  await world.machine.drills.fire({ event: 'reboot' })
  const end = await world.end(operation)

  expect(between).toEqual([2, 4])
  expect(nsidsOf(world)).toEqual([1, 2, 4])
  expect(virtualFunctionOf(world, 1).provisioned?.nsids).toEqual([1])
  // As with an erase: the VF itself went with the boot.
  expect(end).toMatchObject({ state: 'stuck', error: { step: 'restore-binding' } })
  expect(onlyAssignment(world).state).toBe('quarantined')
})

/** Of the SR-IOV drive. */
function nsidsOf({ machine }: World): readonly number[] {
  return Object.keys(machine.snapshot().attachments)
    .filter((key) => key.includes('sub0'))
    .map((key) => Number(key.split(' ')[1]))
    .toSorted((a, b) => a - b)
}

test('a namespace that somebody else created in the meantime is no replacement where it differs', async () => {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await assignVfWith(world, [3])
  await stuckWithoutNew(world)
  const dataOut = Buffer.alloc(4096)
  dataOut.writeBigUInt64LE(2048n, 0)
  dataOut.writeBigUInt64LE(2048n, 8)
  await world.machine.kernel
    .lane('by hand')
    .call(
      { call: 'admin', device: '/dev/nvme0', command: { opcode: 0x0d, cdw10: 0, dataOut } },
      { deadlineMs: 1_000 }
    )

  await done(world, releaseLogically(world))

  expect(virtualFunctionOf(world, 1).provisioned?.nsids).toEqual([3])
  expect(await diskIfAny(world, { nsid: 1 })).toBeUndefined()
})

const UNABLE = [
  ['has no namespace management', withPlainDrive({ device: 'qemu-10' })],
  ['gives its namespaces no identifiers', withPlainDrive({ device: 'specification' })],
] as const

test.for(UNABLE)(
  'a drive that %s is not cleaned logically, and its function stays with its consumer',
  async ([, description]) => {
    const world = await makeWorld(memoryStore(), { description })
    const controllerId = controllerAt(world, PLAIN).id
    await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
    const found = world.machine.snapshot()

    const end = await world.end(await releaseLogically(world))

    expect(end).toMatchObject({
      state: 'undone',
      error: { detail: { refusals: [{ check: 'cannot-recreate', remedy: /./ }] } },
    })
    expect(world.machine.snapshot()).toEqual(found)
    expect(onlyAssignment(world).state).toBe('ready')
  }
)

test('the plan names the commands, and says that the new nsid is the drive’s to choose', async () => {
  const { description, prepare } = LOGICAL_OF_VF
  const world = await makeWorld(memoryStore(), { description })
  await prepare(world)
  const assignmentId = onlyAssignment(world).id

  const plan = await world.workflows.plan(DEMO, {
    ask: 'release',
    assignmentId,
    request: { cleaning: 'logical' },
  })

  expect(plan.refusals).toEqual([])
  const step = plan.steps.find(({ name }) => name === 'recreate')
  const words = step?.does.changes.flatMap(({ writes }) =>
    writes.map(({ inWords }) => inWords)
  )
  expect(words?.filter((one) => /delete|create/.test(one))).toMatchObject([
    expect.stringContaining('delete namespace 3'),
    expect.stringContaining('delete namespace 4'),
    expect.stringContaining('create a namespace of 131072 blocks'),
    expect.stringContaining('create a namespace of 131072 blocks'),
  ])
  expect(step?.does.unforeseen).toContain('numbers a new namespace itself')
})

test('what is accepted uncleaned is not asked to be cleaned as well', async () => {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await assignVfWith(world, [3])
  const { id } = onlyAssignment(world)
  const both = { acceptUncleaned: true, cleaning: 'logical' } as const

  await expect(world.workflows.release(DEMO, id, both)).rejects.toMatchObject({
    trouble: { kind: 'invalid', field: 'cleaning' },
  })
})
