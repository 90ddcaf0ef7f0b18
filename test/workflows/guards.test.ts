/** Guards that no other test asks for: each refusal with its name and its device, and nothing written. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { NamespaceDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf } from './trouble.ts'
import {
  bindByHand,
  controllerAt,
  done,
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
  const path = `/dev/${DISK}`
  await world.machine.kernel.lane('somebody').call({ call: 'holdDisk', path }, AT_ONCE)

  const refusals = await refusalsOf(assignPlain(world))

  expect(refusals).toMatchObject([{ check: 'namespace-open', device: path }])
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

const AT_ONCE = { deadlineMs: 1_000 }

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
