/**
 * A drive keeps attachments over a reboot, so they are taken from a VF in whatever boot. Whoever has brought its secondary
 * online since, for a guest of its own, keeps what it has.
 */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { labWith } from '../support/lab-with.ts'
import { bringOnlineByHand, byHand } from './by-hand.ts'
import { killedAfter } from './killed-after.ts'
import { memoryStore } from './memory-store.ts'
import {
  done,
  makeWorld,
  PF,
  provision,
  virtualFunctionOf,
  write,
  type World,
} from './world.ts'

/** QEMU 7.2 forgets what a VF is attached to once VFs are disabled. */
const DRIVE = labWith('specification')
const pf = pciAddress(PF)
const VFS = `/sys/bus/pci/devices/${PF}/sriov_numvfs`
const ONE = [{ ioQueuePairs: 1, nsids: [2] }]
const IN_USE = { detail: { refusals: [{ check: 'secondary-in-use', device: PF }] } }

test('a retirement that goes on after a reboot takes nothing from a VF that somebody else has online, and ends once it is offline', async () => {
  const { next, operation } = await killedAfter('take-offline', retire, {
    description: DRIVE,
    prepare: (each) => done(each, provision(each, ONE)),
    meanwhile: async (each) => {
      await reboot(each)
      await enableAndTake(each)
    },
  })

  const stuck = await next.end(operation)
  const kept = [attachedTo(next, 2), attachedTo(next, 3)]
  const { quarantine } = virtualFunctionOf(next, 1).provisioned ?? {}
  await byHand(next, { change: 'takeOffline', pf, cntlid: 1 })
  const end = await next.end(await next.workflows.retry(DEMO, operation.id))

  expect(stuck).toMatchObject({
    state: 'stuck',
    error: { step: 'detach-namespaces', ...IN_USE },
  })
  expect(kept).toEqual([[1], [1]])
  expect(quarantine).toContain('somebody else has brought it online since')
  expect(end.state).toBe('succeeded')
  expect(attachedTo(next, 2)).toEqual([])
})

test('nor does one that stuck there and is retried in the same boot', async () => {
  const { world, stuck } = await stuckBeforeDetaching()
  await take(world)

  const again = await world.end(await world.workflows.retry(DEMO, stuck.id))

  expect(again).toMatchObject({
    state: 'stuck',
    error: { step: 'detach-namespaces', ...IN_USE },
  })
  expect(attachedTo(world, 3)).toEqual([1])
})

test('nor is it taken offline by a new retirement, which ends once it is offline', async () => {
  const { world } = await stuckBeforeDetaching()
  await take(world)
  await world.inventory.rescan(DEMO, world.hostId)

  const refused = await world.end(await retire(world))
  const kept = attachedTo(world, 3)
  await byHand(world, { change: 'takeOffline', pf, cntlid: 1 })
  const end = await world.end(await retire(world))

  expect(refused).toMatchObject({
    state: 'undone',
    error: { step: 'take-offline', ...IN_USE },
  })
  expect(kept).toEqual([1])
  expect(end.state).toBe('succeeded')
})

test('a VF that was disabled, and that somebody else has online since, is not taken offline', async () => {
  const { world, next, operation } = await killedAfter('check-function', retire, {
    description: DRIVE,
    prepare: async (each) => {
      await done(each, provision(each, ONE))
      await write(each.machine, VFS, '0')
      await each.inventory.rescan(DEMO, each.hostId)
    },
    meanwhile: enableAndTake,
  })

  const end = await next.end(operation)

  expect(end).toMatchObject({
    state: 'undone',
    error: { step: 'take-offline', ...IN_USE },
  })
  const [secondary] = world.machine.snapshot().primaries[PF]?.secondaries ?? []
  expect(secondary?.state).toBe('online')
})

test('after a reboot the way back of a provisioning takes nothing from a VF that somebody else has online', async () => {
  const { next, operation } = await provisioningThatEnds(enableAndTake)

  const end = await next.end(operation)

  expect(end).toMatchObject({ state: 'undone', error: { step: 'bind-vf1' } })
  expect([attachedTo(next, 2), attachedTo(next, 3)]).toEqual([[1], [1]])
})

test('but it takes what it had attached, where nobody has brought it online', async () => {
  const { next, operation } = await provisioningThatEnds()

  const end = await next.end(operation)

  expect(end).toMatchObject({ state: 'undone', error: { step: 'bind-vf1' } })
  expect(attachedTo(next, 2)).toEqual([])
})

/** A reboot, before the host's driver was to have its VF. */
function provisioningThatEnds(then?: (world: World) => Promise<void>) {
  return killedAfter('attach-vfs', (each) => provision(each, ONE, 'nvme'), {
    description: DRIVE,
    meanwhile: async (each) => {
      await reboot(each)
      expect(attachedTo(each, 2), 'the drive keeps it').toEqual([1])
      await then?.(each)
    },
  })
}

/** It has been taken offline. */
async function stuckBeforeDetaching() {
  const world = await makeWorld(memoryStore(), { description: DRIVE })
  await done(world, provision(world, ONE))
  const match = { call: 'admin', opcode: 0x15 } as const // Namespace Attachment
  const kind = { fault: 'status', status: 0x4006 } as const
  const { id } = world.machine.faults.arm({ match, kind })
  const stuck = await world.end(await retire(world))
  world.machine.faults.takeBack(id, 'with-effect')
  return { world, stuck }
}

function retire(world: World) {
  return world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id)
}

async function reboot({ machine, clock }: World): Promise<void> {
  expect(await machine.drills.fire({ event: 'reboot' })).toEqual({ fired: true })
  await clock.advance(1_000)
}

async function enableAndTake(world: World): Promise<void> {
  await write(world.machine, VFS, '3')
  await take(world)
}

/** For a guest, which gets a namespace of its own. */
async function take(world: World): Promise<void> {
  await bringOnlineByHand(world, 1)
  await byHand(world, { change: 'attachNamespace', pf, nsid: 3, cntlid: 1 })
}

function attachedTo({ machine }: World, nsid: number): readonly number[] | undefined {
  const { attachments } = machine.snapshot()
  return Object.entries(attachments).find(([name]) => name.endsWith(`sub0 ${nsid}`))?.[1]
}
