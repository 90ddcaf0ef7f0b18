/** A consumer of a whole controller may detach, delete and create namespaces: what it had is erased all the same, or named. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostChange } from '../../src/host/change.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { dualController, second } from '../support/dual-controller.ts'
import { byGuest, byHand, diskIfAny } from './by-hand.ts'
import { asSpecified, assignFirst, directWorld, NAMESPACES } from './direct-world.ts'
import { assignVfWith, evidenceIn, withFreeNsid } from './logical-scenarios.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { controllerAt, done, makeWorld, PF, PLAIN, virtualFunctionOf } from './world.ts'
import type { World } from './world.ts'

const PATTERN = Buffer.alloc(4096, 'what the tenant wrote ')
const AT = 40 * 4096
const ZEROES = Buffer.alloc(4096)
const fn = pciAddress(PLAIN)
const NGUID = '11'.padStart(32, 'a')
const GIVEN = { fn, nsid: 2, nguid: NGUID, eui64: null }
/** NSID 1 is the first that is free. */
const CREATED = 1

test('a namespace that its consumer detached is erased all the same', async () => {
  const world = await assigned()
  await byGuest(world, [{ change: 'detachNamespace', pf: fn, nsid: 2, cntlid: 0 }])

  await done(world, release(world))

  expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 2, markersLeft: 0 }] })
  expect(await onDisk(world, 2, 'read')).toEqual(ZEROES)
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('a release that is undone leaves it detached as it was', async () => {
  const world = await assigned()
  await byGuest(world, [{ change: 'detachNamespace', pf: fn, nsid: 2, cntlid: 0 }])
  const found = world.machine.snapshot()
  const kind = { fault: 'errno', errno: 'EBUSY' } as const
  world.machine.faults.arm({ match: { call: 'holdDisk' }, kind })

  const end = await world.end(await release(world))

  expect(end.state).toBe('undone')
  expect(world.machine.snapshot()).toEqual(found)
})

test('one that it created and detached keeps the function quarantined by name, until it is gone', async () => {
  const world = await assigned()
  await byGuest(world, creation(), async () => {
    await onDisk(world, CREATED, 'write')
    await byHand(world, { change: 'detachNamespace', pf: fn, nsid: CREATED, cntlid: 0 })
  })

  await done(world, release(world))
  const quarantined = onlyAssignment(world)
  const named = evidenceIn(world)
  await deleteByHand(world, CREATED)
  await done(world, release(world))

  expect(quarantined.state).toBe('quarantined')
  expect(quarantined.quarantine).toContain('namespace 1 ')
  expect(named).toMatchObject({ namespaces: [{ nsid: 2 }], unattached: [CREATED] })
  expect(evidenceIn(world)).not.toHaveProperty('unattached')
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
})

test('one that it created and kept is erased', async () => {
  const world = await assigned()
  await byGuest(world, creation(), () => onDisk(world, CREATED, 'write'))

  await done(world, release(world))

  expect(await onDisk(world, CREATED, 'read')).toEqual(ZEROES)
  expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 1 }, { nsid: 2 }] })
})

test('one that it deleted is named in the evidence', async () => {
  const world = await assigned()
  await byGuest(world, [
    { change: 'detachNamespace', pf: fn, nsid: 2, cntlid: 0 },
    { ...GIVEN, change: 'deleteNamespace' },
  ])

  await done(world, release(world))

  expect(evidenceIn(world)).toMatchObject({ namespaces: [], deleted: [2] })
  expect(onlyAssignment(world).state).toBe('released')
})

test('one that somebody deleted of a VF is named too, and the rest is erased', async () => {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await assignVfWith(world, [3, 4])
  const pf = pciAddress(PF)
  const { cntlid } = virtualFunctionOf(world, 1)
  await byHand(world, { change: 'detachNamespace', pf, nsid: 3, cntlid })
  await deleteByHand(world, 3, pf)

  await done(world, release(world))

  expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 4 }], deleted: [3] })
})

test('where nothing was recorded, and nothing is attached, it is not said to be clean', async () => {
  const world = await assigned()
  await byGuest(world, [{ change: 'detachNamespace', pf: fn, nsid: 2, cntlid: 0 }])
  const { id, before } = onlyAssignment(world)
  if (!before) throw new Error('nothing was recorded')
  const { reached: _, ...of } = before
  const at = '2026-01-01T00:00:00.000Z'
  await world.store.commit([{ write: 'updateAssignment', id, set: { before: of }, at }])

  await done(world, release(world))

  expect(onlyAssignment(world).state).toBe('quarantined')
  expect(onlyAssignment(world).quarantine).toContain('not on record')
})

test('besides the chosen ones, one that the consumer attached is erased', async () => {
  const world = await directWorld(asSpecified(dualController(NAMESPACES)))
  onTestFinished(() => world.stop())
  await done(world, assignFirst(world, [3, 5]))
  await byHand(world, { change: 'attachNamespace', pf: second, nsid: 4, cntlid: 1 })

  await done(world, release(world))

  const nsids = [3, 4, 5].map((nsid) => ({ nsid }))
  expect(evidenceIn(world)).toMatchObject({ namespaces: nsids })
})

test('besides the chosen ones, what the host has too is erased by nobody', async () => {
  const world = await directWorld(asSpecified(dualController(NAMESPACES)))
  onTestFinished(() => world.stop())
  await done(world, assignFirst(world, [3, 5]))
  for (const cntlid of [1, 2])
    await byHand(world, { change: 'attachNamespace', pf: second, nsid: 4, cntlid })

  const end = await world.end(await release(world))

  expect(end).toMatchObject({
    state: 'undone',
    error: { detail: { refusals: [{ check: 'erase-reaches-others' }] } },
  })
})

function release(world: World) {
  return world.workflows.release(DEMO, onlyAssignment(world).id, {})
}

async function assigned(): Promise<World> {
  const world = await makeWorld(memoryStore(), { description: withFreeNsid() })
  await onDisk(world, 2, 'write')
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  return world
}

async function deleteByHand(world: World, nsid: number, through = fn) {
  const { hosts, hostId } = world
  const host = hosts.get(hostId)
  if (host?.reach !== 'reachable') throw new Error('the host is there')
  const asked = { read: 'allocated', fn: through, nsids: { only: [nsid] } } as const
  const reply = await host.driver.ask(asked)
  const [one] = reply.answered ? reply.answer.namespaces : []
  if (!one) throw new Error(`no namespace ${nsid}`)
  const { nguid, eui64 } = one
  await byHand(world, { change: 'deleteNamespace', fn: through, nsid, nguid, eui64 })
}

/** It is attached. */
function creation(): readonly HostChange[] {
  const layout = {
    sizeBlocks: 2048,
    capacityBlocks: 2048,
    formatByte: 0,
    protectionByte: 0,
    shared: false,
    anaGroup: 0,
    nvmSet: 0,
    enduranceGroup: 0,
  }
  return [
    { change: 'createNamespaces', fn, layout, count: 1, before: [2] },
    { change: 'attachNamespace', pf: fn, nsid: CREATED, cntlid: 0 },
  ]
}

async function onDisk(world: World, nsid: number, how: 'read' | 'write'): Promise<Buffer> {
  const { serial } = controllerAt(world, PLAIN)
  const path = `/dev/${await diskIfAny(world, { nsid, serial })}`
  const lane = world.machine.kernel.lane('by hand')
  const options = { deadlineMs: 1_000 }
  await lane.call({ call: 'holdDisk', path }, options)
  if (how === 'write')
    await lane.call({ call: 'writeBlocks', path, offset: AT, bytes: PATTERN }, options)
  const read = { call: 'readBlocks', path, offset: AT, length: PATTERN.length } as const
  const answer = await lane.call(read, options)
  await lane.call({ call: 'letGoDisk', path }, options)
  return Buffer.from(answer.done ? answer.answer : [])
}
