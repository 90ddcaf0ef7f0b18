/**
 * A release that is cut short while it cleans a VF leaves its namespaces attached to the primary. A drive keeps attachments over
 * a reboot and without a slot, so the next release takes them from the host, though nothing of the VF is left.
 */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { MachineEvent } from '../../src/host/drills.ts'
import { bringOnlineByHand } from './by-hand.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import {
  diskOf,
  done,
  makeWorld,
  PF,
  provision,
  virtualFunctionOf,
  write,
  type World,
} from './world.ts'

const VF_GONE: Readonly<Record<string, readonly MachineEvent[]>> = {
  'its host was started again': [{ event: 'reboot' }],
  'its drive was pulled and came back': [
    { event: 'surprise-removal', address: PF },
    { event: 'hot-plug', address: PF },
  ],
}

test.for(Object.entries(VF_GONE))(
  'after %s it is let go uncleaned, and the drive is as it was found',
  async ([, events]) => {
    const { world, found } = await cutShort()
    await happens(world, events)

    await done(world, release(world, { acceptUncleaned: true }))
    await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))

    expect(onlyAssignment(world).state).toBe('released')
    expect(world.machine.snapshot()).toEqual(found)
  }
)

test('a release that cannot clean it any more takes them from the host before it ends quarantined', async () => {
  const { world, found } = await cutShort()
  await happens(world, [{ event: 'reboot' }])

  await done(world, release(world, {}))

  expect(onlyAssignment(world)).toMatchObject({ quarantine: 'not cleaned' })
  expect(world.machine.snapshot().attachments).toEqual(found.attachments)
})

test('of a drive that has gone there is nothing to take back, and it is let go', async () => {
  const { world } = await cutShort()
  await happens(world, [{ event: 'surprise-removal', address: PF }])
  const written = world.machine.transcript.length

  await done(world, release(world, { acceptUncleaned: true }))

  expect(onlyAssignment(world).state).toBe('released')
  expect(world.machine.transcript).toHaveLength(written)
})

const PULLED: readonly MachineEvent[] = [{ event: 'surprise-removal', address: PF }]
const PLUGGED: readonly MachineEvent[] = [{ event: 'hot-plug', address: PF }]

test.for([
  ['quarantined as not cleaned', {}],
  ['let go uncleaned', { acceptUncleaned: true }],
] as const)(
  'one that was %s while its drive was away is retired with what is left of it when the drive is back',
  async ([, request]) => {
    const { world, found } = await cutShort()
    await happens(world, PULLED)
    await done(world, release(world, request))
    await happens(world, PLUGGED)

    if (onlyAssignment(world).state !== 'released')
      await done(world, release(world, { acceptUncleaned: true }))
    await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))

    expect(world.machine.snapshot()).toEqual(found)
  }
)

test('one that was let go while its drive was away is healed when the drive is back', async () => {
  const { world, found, provisioned } = await cutShort()
  await happens(world, PULLED)
  await done(world, release(world, { acceptUncleaned: true }))
  await happens(world, PLUGGED)
  const { id } = virtualFunctionOf(world, 1)

  await done(world, world.workflows.heal(DEMO, id))
  const healed = world.machine.snapshot()
  await done(world, world.workflows.retire(DEMO, id))

  expect(healed).toEqual(provisioned)
  expect(world.machine.snapshot()).toEqual(found)
})

test('one whose drive was pulled before anything was erased is its consumer’s again when it is back', async () => {
  const { world, found } = await assigned()
  const match = { call: 'holdDisk' } as const
  const kind = { fault: 'never-returns' } as const
  world.machine.faults.arm({ match, kind, times: 1 })
  const releasing = await release(world, {})
  await world.until(releasing, (state) => state === 'blocked')
  const ready = onlyAssignment(world).functionId
  await happens(world, PULLED)
  world.machine.faults.release('without-effect')
  const { state } = await world.end(releasing)
  await happens(world, PLUGGED)

  await done(world, world.workflows.heal(DEMO, ready))
  await done(world, release(world, {}))
  await done(world, world.workflows.retire(DEMO, ready))

  expect(state).toBe('undone')
  expect(world.machine.snapshot()).toEqual(found)
})

test('they do not go to a VF that somebody else has brought online in the new boot', async () => {
  const { world } = await cutShort()
  const { cntlid } = virtualFunctionOf(world, 1)
  await happens(world, [{ event: 'reboot' }])
  await write(world.machine, `/sys/bus/pci/devices/${PF}/sriov_numvfs`, '3')
  await bringOnlineByHand(world, cntlid)

  await done(world, release(world, { acceptUncleaned: true }))

  const { attachments } = world.machine.snapshot()
  expect(
    Object.entries(attachments).find(([name]) => name.endsWith('sub0 2'))?.[1]
  ).toEqual([])
})

test('what somebody has mounted since is not torn away', async () => {
  const { world } = await cutShort()
  await happens(world, [{ event: 'reboot' }])
  const unmount = world.machine.mount(diskOf(world, 2), '/srv/rescued')
  const attached = world.machine.snapshot().attachments

  const refused = await world.end(await release(world, { acceptUncleaned: true }))
  const after = world.machine.snapshot().attachments
  unmount()
  await done(world, release(world, { acceptUncleaned: true }))

  expect(refused).toMatchObject({
    state: 'undone',
    error: { detail: { refusals: [{ check: 'namespace-mounted' }] } },
  })
  expect(after).toEqual(attached)
})

test.for(['exclusively', 'plainly'] as const)(
  'what somebody has opened %s since is not torn away',
  async (how) => {
    const { world } = await cutShort()
    await happens(world, [{ event: 'reboot' }])
    const close = world.machine.openDisk(diskOf(world, 2), 'zpool', how)
    const attached = world.machine.snapshot().attachments

    const refused = await world.end(await release(world, { acceptUncleaned: true }))
    const after = world.machine.snapshot().attachments
    close()
    await done(world, release(world, { acceptUncleaned: true }))

    expect(refused).toMatchObject({
      state: 'undone',
      error: { detail: { refusals: [{ check: 'namespace-open' }] } },
    })
    expect(after).toEqual(attached)
  }
)

async function assigned() {
  const world = await makeWorld(memoryStore())
  const found = world.machine.snapshot()
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }]))
  const provisioned = world.machine.snapshot()
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  const accept = ['not-tenant-safe'] as const
  const assigning = { virtualFunctionId, consumer: 'vm', accept }
  await done(world, world.workflows.assign(DEMO, assigning))
  return { world, found, provisioned }
}

/** The release of a VF whose namespace cannot be formatted. */
async function cutShort() {
  const { world, found, provisioned } = await assigned()
  const match = { call: 'admin', opcode: 0x80 } as const // Format NVM
  const kind = { fault: 'errno', errno: 'EIO' } as const
  const { id } = world.machine.faults.arm({ match, kind })
  const { state } = await world.end(await release(world, {}))
  world.machine.faults.takeBack(id, 'with-effect')
  expect(state).toBe('stuck')
  expect(world.machine.snapshot().attachments).not.toEqual(found.attachments)
  return { world, found, provisioned }
}

async function happens(world: World, events: readonly MachineEvent[]): Promise<void> {
  for (const event of events) {
    expect(await world.machine.drills.fire(event)).toEqual({ fired: true })
    await world.clock.advance(1_000)
    await world.inventory.rescan(DEMO, world.hostId)
  }
}

function release(world: World, request: { readonly acceptUncleaned?: true }) {
  return world.workflows.release(DEMO, onlyAssignment(world).id, request)
}
