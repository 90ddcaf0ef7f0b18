/** What a release does to the data of the last tenant, and what it says of it. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { DeviceName } from '../../src/emulator/devices/device-policy.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { byHand, diskIfAny, diskNow } from './by-hand.ts'
import { memoryStore } from './memory-store.ts'
import { held, type OnDisk } from './on-disk.ts'
import { onlyAssignment, withPlainDrive } from './scenarios.ts'
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

const PATTERN = Buffer.alloc(4096, 'what the tenant wrote ')
const AT = 40 * 4096
const CLEANED = 'assignment.cleaned'

test('what a tenant wrote through its VF can be read through no function after the release', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }], 'nvme'))
  await writePattern(world, 2)
  const found = world.machine.snapshot()
  await assignVf(world)
  const before = world.machine.transcript.length

  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(await readPattern(world, 2)).toEqual(Buffer.alloc(4096))
  expect(world.machine.snapshot()).toEqual(found)
  const formats = world.machine.transcript.slice(before).filter(isFormat)
  expect(formats).toMatchObject([{ command: { nsid: 2, cdw10: 1 << 9 } }])
  const [evidence] = eventsOf(world, CLEANED)
  const sampledBlocks: unknown = expect.arrayContaining([0, 131071])
  const condition = { firmware: '7.2.22', mediaErrors: '0' }
  expect(evidence).toMatchObject({
    actor: 'demo',
    detail: {
      namespaces: [
        {
          nsid: 2,
          method: 'format, user-data erase',
          sampledBlocks,
          markersLeft: 0,
          notZero: 0,
        },
      ],
      condition: { handedOver: condition, returned: condition, cleaned: condition },
    },
  })
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

const METHODS: readonly (readonly [DeviceName, string])[] = [
  ['qemu-7.2', 'format, user-data erase'],
  ['qemu-10', 'format, user-data erase'],
  ['specification', 'format, cryptographic erase'],
  ['pm1733', 'format, cryptographic erase'],
  ['plain', 'overwrite'],
]

test.for(METHODS)(
  'a whole controller as %s is cleaned by: %s',
  async ([device, method]) => {
    const world = await makeWorld(memoryStore(), {
      description: withPlainDrive({ device }),
    })
    await writePattern(world, 1, PLAIN)
    const found = world.machine.snapshot()
    const { id: controllerId } = controllerAt(world, PLAIN)
    await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))

    await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

    expect(await readPattern(world, 1, PLAIN)).toEqual(Buffer.alloc(4096))
    expect(world.machine.snapshot()).toEqual(found)
    expect(eventsOf(world, CLEANED)[0]?.detail['namespaces']).toMatchObject([
      { nsid: 1, method, markersLeft: 0, notZero: 0 },
    ])
  }
)

test('a format that says that it was done, and was not, ends quarantined; the next release cleans', async () => {
  const world = await assignedVf()
  const match = { call: 'admin', opcode: 0x80 } as const
  const fault = world.machine.faults.arm({ match, kind: { fault: 'without-effect' } })

  const failed = await world.end(
    await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  )
  const quarantined = onlyAssignment(world)
  world.machine.faults.takeBack(fault.id, 'with-effect')
  await done(world, world.workflows.release(DEMO, quarantined.id, {}))

  expect(failed).toMatchObject({
    state: 'stuck',
    committed: true,
    error: { step: 'erase' },
  })
  expect(quarantined.state).toBe('quarantined')
  expect(quarantined.quarantine).toContain('formatting namespace 2')
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
  expect(eventsOf(world, CLEANED)).toHaveLength(1)
})

test('while it is cleaned the disk is held, the assignment says so, and a slow format is waited for', async () => {
  const world = await assignedVf()
  const match = { call: 'admin', opcode: 0x80 } as const
  world.machine.faults.arm({ match, times: 1, kind: { fault: 'slow', ms: 60_000 } })
  const operation = await world.workflows.release(DEMO, onlyAssignment(world).id, {})

  const shown = await inTheEnd(world, operation, 'blocked')
  const disk = await diskNow(world, 2)
  const during = onlyAssignment(world).state

  expect(shown.blocked).toMatchObject({
    call: expect.stringContaining('format namespace 2 with user data erase'),
  })
  expect(during).toBe('cleaning')
  expect(() => world.machine.mount(disk, '/srv')).toThrow('EBUSY')
  expect(await inTheEnd(world, operation)).toMatchObject({ state: 'succeeded' })
})

test('a namespace that somebody else is attached to is erased by nobody', async () => {
  const world = await assignedVf()
  const pf = pciAddress(PF)
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))
  const { cntlid } = virtualFunctionOf(world, 2)
  await byHand(world, { change: 'attachNamespace', pf, nsid: 2, cntlid })
  const found = world.machine.snapshot()

  const end = await world.end(
    await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  )

  expect(end).toMatchObject({
    state: 'undone',
    error: { detail: { refusals: [{ check: 'erase-reaches-others' }] } },
  })
  expect(world.machine.snapshot()).toEqual(found)
  expect(onlyAssignment(world).state).toBe('ready')
  expect(world.machine.transcript.some(isFormat)).toBe(false)
})

test('an overwrite of hours gives others their turn, and goes on where it was', async () => {
  const lab = labLikeHost()
  const subsystems = withPlainDrive({ device: 'plain' }).subsystems.map((drive) => ({
    ...drive,
    namespaces: drive.namespaces.map((one) => ({ ...one, sizeBytes: 2 * 2 ** 30 })),
  }))
  const world = await makeWorld(memoryStore(), { description: { ...lab, subsystems } })
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  const from = world.machine.transcript.length
  const match = { call: 'writeZeroes' } as const
  world.machine.faults.arm({ match, kind: { fault: 'slow', ms: 500 } })

  const operation = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  const shown = await inTheEnd(world, operation, 'blocked')
  await inTheEnd(world, operation)

  expect(shown.blocked).toMatchObject({
    call: expect.stringContaining('overwriting namespace 1'),
  })
  const zeroed = world.machine.transcript
    .slice(from)
    .flatMap((call) => (call.call === 'writeZeroes' ? [call.offset] : []))
  expect(zeroed).toHaveLength((2 * 2 ** 30) / (32 << 20))
  expect(new Set(zeroed).size, 'no block twice').toBe(zeroed.length)
  expect(onlyAssignment(world).state).toBe('released')
})

test('an overwrite that a restart interrupted goes on where it was, and shows how far it is', async () => {
  const lab = labLikeHost()
  const subsystems = withPlainDrive({ device: 'plain' }).subsystems.map((drive) => ({
    ...drive,
    namespaces: drive.namespaces.map((one) => ({ ...one, sizeBytes: 4 * 2 ** 30 })),
  }))
  const world = await makeWorld(memoryStore(), { description: { ...lab, subsystems } })
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  const from = world.machine.transcript.length
  world.machine.faults.arm({
    match: { call: 'writeZeroes' },
    kind: { fault: 'slow', ms: 500 },
  })

  const operation = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  await inTheEnd(world, operation, 'blocked')
  await world.clock.advance(20_000)
  const before = world.workflows.operation(DEMO, operation.id)
  const next = await world.restart()
  await next.workflows.resume()
  await inTheEnd(next, operation)

  const zeroed = world.machine.transcript
    .slice(from)
    .flatMap((call) => (call.call === 'writeZeroes' ? [call.offset] : []))
  const all = (4 * 2 ** 30) / (32 << 20)
  const erase = before.steps.find(({ name }) => name === 'erase')
  expect(erase?.progress).toMatchObject({ total: 4 * 2 ** 30, unit: 'bytes' })
  expect(erase?.progress?.done).toBeGreaterThan(2 ** 29)
  expect(new Set(zeroed).size, 'all of it').toBe(all)
  // Of slices of 256 MiB, the one that ran is done again, and one of which that was not yet said.
  expect(zeroed.length - all).toBeLessThanOrEqual(2 * (256 / 32))
  expect(onlyAssignment(next).state).toBe('released')
})

/** A second at a time, for what takes minutes. */
async function inTheEnd(
  { workflows, clock }: World,
  { id }: OperationView,
  awaited: OperationView['state'] = 'succeeded'
): Promise<OperationView> {
  for (let seconds = 0; seconds < 300; seconds++) {
    const operation = workflows.operation(DEMO, id)
    if (operation.state === awaited) return operation
    await clock.advance(1_000)
  }
  throw new Error(`operation ${id} never ${awaited}`)
}

function isFormat(call: World['machine']['transcript'][number]): boolean {
  return call.call === 'admin' && call.command.opcode === 0x80
}

function eventsOf({ store }: World, type: string) {
  return store.read.events(null, 0, 1_000).filter((event) => event.type === type)
}

async function assignedVf(): Promise<World> {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  await assignVf(world)
  return world
}

async function assignVf(world: World): Promise<void> {
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  await done(
    world,
    world.workflows.assign(DEMO, {
      virtualFunctionId,
      consumer: 'vm',
      accept: ['not-tenant-safe'],
    })
  )
}

async function writePattern(world: World, nsid: number, address = PF): Promise<void> {
  await onDisk(world, nsid, address, { call: 'writeBlocks', offset: AT, bytes: PATTERN })
  expect(await readPattern(world, nsid, address)).toEqual(PATTERN)
}

async function readPattern(world: World, nsid: number, address = PF): Promise<Buffer> {
  const read = { call: 'readBlocks', offset: AT, length: PATTERN.length } as const
  return Buffer.from((await onDisk(world, nsid, address, read)) ?? [])
}

/** By whatever function the kernel reaches it. */
async function onDisk(world: World, nsid: number, address: string, call: OnDisk) {
  const { serial } = controllerAt(world, address)
  return held(world, await diskOfSerial(world, nsid, serial), call)
}

async function diskOfSerial(world: World, nsid: number, serial: string): Promise<string> {
  const disk = await diskIfAny(world, { nsid, serial })
  if (disk === undefined) throw new Error(`namespace ${nsid} of ${serial} has no disk`)
  return disk
}
