/** Guards that no other test asks for: each refusal with its name and its device, and nothing written. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { NamespaceDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { unbindByHand } from './by-hand.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf } from './trouble.ts'
import { OTHER, twoInOneGroup } from './two-in-one-group.ts'
import {
  bindByHand,
  controllerAt,
  done,
  groupOf,
  makeWorld,
  PLAIN,
  provision,
  virtualFunctionOf,
  write,
  type World,
} from './world.ts'

const DISK = 'nvme1n1'

test.for([
  ['that is swap space', { swap: true }, 'namespace-swap', 'is swap space'],
  ['that LVM has', { holder: 'dm-3' }, 'namespace-held', 'is part of dm-3'],
  ['with the root file system', { mount: '/' }, 'namespace-mounted', 'is mounted on /'],
] as const)(
  'a controller with a namespace %s is not assigned',
  async ([, uses, check, why]) => {
    const world = await plainWith(uses)

    const refusals = await refusalsOf(assignPlain(world))

    expect(refusals).toMatchObject([{ check, device: `/dev/${DISK}` }])
    expect(refusals[0]?.reason).toContain(why)
    expect(world.machine.transcript).toEqual([])
  }
)

test('a controller whose disk a process has open exclusively is not assigned', async () => {
  const world = await makeWorld(memoryStore())
  world.machine.openDisk(DISK, 'mkfs.ext4', 'exclusively')

  const refusals = await refusalsOf(assignPlain(world))

  expect(refusals).toMatchObject([{ check: 'namespace-open', device: `/dev/${DISK}` }])
  expect(refusals[0]?.reason).toContain('mkfs.ext4')
})

test('a controller whose disk another guest has as a raw disk is not assigned', async () => {
  const world = await makeWorld(memoryStore())
  const close = world.machine.openDisk(DISK, 'qemu-system-x86', 'plainly')

  const refused = refusalsOf(assignPlain(world))
  await world.clock.advance(LETS_GO_MS)
  const refusals = await refused
  close()

  expect(refusals).toMatchObject([{ check: 'namespace-open', device: `/dev/${DISK}` }])
  expect(refusals[0]?.reason).toContain('is open: qemu-system-x86 (')
  expect(world.machine.transcript).toEqual([])
  await done(world, assignPlain(world))
})

test('who only looks into a disk, and lets go, keeps nobody from it', async () => {
  const world = await makeWorld(memoryStore())
  const close = world.machine.openDisk(DISK, '(udev-worker)', 'plainly')

  const assigning = assignPlain(world)
  await world.clock.advance(LETS_GO_MS / 2)
  close()
  await world.clock.advance(LETS_GO_MS / 2)

  expect(await world.end(await assigning)).toMatchObject({ state: 'succeeded' })
})

test('a function joins no group that a process has open by a function of which nvirt knows nothing', async () => {
  const world = await makeWorld(memoryStore(), { description: twoInOneGroup() })
  for (const fn of [PLAIN, OTHER]) await unbindByHand(world, fn)
  await bindByHand(world, OTHER, 'vfio-pci')
  await world.inventory.rescan(DEMO, world.hostId)
  const group = groupOf(world, OTHER)
  const letGo = world.machine.holdVfioGroup(group, 'qemu-system-x86')
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(assignPlain(world))

  expect(refusals).toMatchObject([{ check: 'group-held', device: `/dev/vfio/${group}` }])
  expect(world.machine.transcript).toHaveLength(written)
  letGo()
  await done(world, assignPlain(world))
})

test('a consumer is given another function of the group that it has open', async () => {
  const world = await makeWorld(memoryStore(), { description: twoInOneGroup() })
  for (const fn of [PLAIN, OTHER]) await unbindByHand(world, fn)
  const controllerId = controllerAt(world, OTHER).id
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  world.machine.holdVfioGroup(groupOf(world, OTHER), 'qemu-system-x86')

  await done(world, assignPlain(world))

  expect(world.machine.snapshot().functions[PLAIN]?.driver).toBe('vfio-pci')
})

test('a controller that is reserved to a driver that nvirt never binds is not assigned', async () => {
  const world = await makeWorld(memoryStore())
  await write(
    world.machine,
    `/sys/bus/pci/devices/${PLAIN}/driver_override`,
    'uio_pci_generic'
  )
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(assignPlain(world))

  expect(refusals).toMatchObject([{ check: 'foreign-driver', device: PLAIN }])
  expect(refusals[0]?.reason).toContain('uio_pci_generic')
  expect(world.machine.transcript).toHaveLength(written)
})

test('a controller that was torn out since the last scan has gone', async () => {
  const world = await makeWorld(memoryStore())
  await world.machine.drills.fire({ event: 'surprise-removal', address: PLAIN })

  const refusals = await refusalsOf(assignPlain(world))

  expect(refusals).toMatchObject([{ check: 'function-gone', device: PLAIN }])
})

test('a drive that refuses to be asked is refused, with what was asked', async () => {
  const world = await makeWorld(memoryStore())
  const match = { call: 'admin', opcode: 0x06 } as const
  await world.machine.drills.arm({ match, kind: { fault: 'status', status: 0x4006 } })

  const refusals = await refusalsOf(provision(world, [{ ioQueuePairs: 1, nsids: [] }]))

  expect(refusals).toMatchObject([{ check: 'function-unreadable' }])
})

test('an assigned VF that somebody gave to the host’s driver is not released over their head', async () => {
  const world = await makeWorld(memoryStore())
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [] }]))
  const { id: virtualFunctionId, address } = virtualFunctionOf(world, 1)
  const fn = address ?? ''
  const accept = ['not-tenant-safe'] as const
  const request = { virtualFunctionId, consumer: 'vm', accept }
  await done(world, world.workflows.assign(DEMO, request))
  await write(world.machine, '/sys/bus/pci/drivers/vfio-pci/unbind', fn)
  await bindByHand(world, fn, 'nvme')

  const end = await world.end(
    await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  )

  expect(end).toMatchObject({
    state: 'undone',
    error: { detail: { refusals: [{ check: 'function-rebound', device: fn }] } },
  })
})

/** Who has it open longer than that uses it. */
const LETS_GO_MS = 1_000

function assignPlain(world: World) {
  const controllerId = controllerAt(world, PLAIN).id
  return world.workflows.assign(DEMO, { controllerId, consumer: 'vm' })
}

/** The lab's guest, its plain drive used by the host itself. */
function plainWith(uses: Partial<NamespaceDescription>): Promise<World> {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((drive) =>
    drive.controllers.some(({ address }) => address === PLAIN)
      ? { ...drive, namespaces: drive.namespaces.map((one) => ({ ...one, ...uses })) }
      : drive
  )
  return makeWorld(memoryStore(), { description: { ...host, subsystems } })
}
