/** What is brought back is its consumer's: the host's driver never has it meanwhile, and has it again when it is released. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { byHand } from './by-hand.ts'
import { assign, release, settled, tended, told, until } from './declared-world.ts'
import { done, PF, provision, virtualFunctionOf, type World } from './world.ts'

const VF1 = '0000:01:00.1'

test('the host’s driver never has an assigned VF that a reboot took away, and has it again when it is released', async () => {
  const { world, assignmentId } = await assigned()

  const written = await rebooted(world)
  const given = driverOf(world)
  await release(world, assignmentId)

  expect(written).toEqual(['vfio-pci'])
  expect([given, driverOf(world)]).toEqual(['vfio-pci', 'nvme'])
})

test('nor one whose namespaces are put right', async () => {
  const { world, assignmentId } = await assigned()
  await world.workflows.setDriftPolicy(DEMO, world.hostId, 'heal')
  const { cntlid } = virtualFunctionOf(world, 1)
  const written = writtenSince(world)

  await byHand(world, {
    change: 'detachNamespace',
    pf: pciAddress(PF),
    nsid: 2,
    cntlid,
  })
  await world.inventory.rescan(DEMO, world.hostId)
  await until(
    world,
    'handed over again',
    () => told(world, /^assignment\.restored$/).length > 0
  )
  const [given, drivers] = [driverOf(world), written()]
  await release(world, assignmentId)

  expect(drivers).toEqual([])
  expect([given, driverOf(world)]).toEqual(['vfio-pci', 'nvme'])
})

test('nor one that is quarantined, until that is accepted', async () => {
  const { world, assignmentId } = await quarantined()

  const written = await rebooted(world)
  await release(world, assignmentId)
  await until(world, 'on nvme', () => driverOf(world) === 'nvme')

  expect(written).toEqual([])
})

test('what somebody changes of a quarantined one once it is back is reported only', async () => {
  const { world } = await quarantined()
  const { id, cntlid } = virtualFunctionOf(world, 1)
  const drift = () =>
    world.inventory.virtualFunction(DEMO, id).drift.map(({ kind }) => kind)
  await rebooted(world)
  const back = drift()

  const pf = pciAddress(PF)
  await byHand(world, { change: 'detachNamespace', pf, nsid: 2, cntlid })
  await world.clock.advance(120_000)
  const detached = drift()
  await byHand(world, { change: 'takeOffline', pf, cntlid })
  await world.clock.advance(120_000)

  expect([back, detached]).toEqual([[], ['namespace-detached']])
  expect(drift()).toContain('resources-lost')
  expect(told(world, /^virtual-function\.restored$/)).toHaveLength(1)
})

/** Provisioned for the host, and then assigned. */
async function assigned() {
  const world = await tended()
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }], 'nvme'))
  return { world, assignmentId: await assign(world, 1, 'vm-1') }
}

/** Its namespace could not be erased. */
async function quarantined() {
  const { world, assignmentId } = await assigned()
  const { workflows, machine } = world
  const match = { call: 'admin', opcode: 0x80 } as const
  const fault = machine.faults.arm({ match, kind: { fault: 'without-effect' } })
  await world.end(await workflows.release(DEMO, assignmentId, {}))
  machine.faults.takeBack(fault.id, 'with-effect')
  expect(workflows.assignment(DEMO, assignmentId).state).toBe('quarantined')
  return { world, assignmentId }
}

/** @returns what was written of the VF until the host was as before */
async function rebooted(world: World): Promise<readonly string[]> {
  const written = writtenSince(world)
  await world.machine.drills.fire({ event: 'reboot' })
  await until(world, 'rebooted', () => told(world, /^host\.rebooted$/).length === 1)
  await settled(world)
  return written()
}

/** Drivers that the VF was reserved to. */
function writtenSince({ machine }: World): () => readonly string[] {
  const before = machine.transcript.length
  return () =>
    machine.transcript
      .slice(before)
      .flatMap((call) =>
        call.call === 'write' && call.path.endsWith(`${VF1}/driver_override`)
          ? [call.text.trim()]
          : []
      )
}

function driverOf({ machine }: World): string | null | undefined {
  return machine.snapshot().functions[VF1]?.driver
}
