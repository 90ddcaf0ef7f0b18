/**
 * The release of a controller with chosen namespaces that got no further than to put the first of them back: by the next
 * one they may have been somebody else's for long.
 */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { dualController, FIRST, SECOND, second } from '../support/dual-controller.ts'
import { byHand, diskNow } from './by-hand.ts'
import {
  assignFirst,
  assignToOther,
  attachments,
  directWorld,
  NAMESPACES,
  standing,
} from './direct-world.ts'
import { readFrom, writeOn } from './on-disk.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf } from './trouble.ts'
import { bindByHand, done, type World } from './world.ts'

const ASKED = [3, 5]

test('what was cleaned and given back is only given back by the next release, and not erased again', async () => {
  const { world, found, mend } = await cutShort()
  const disk = await diskNow(world, 3)
  await writeOn(world, disk, 'of the host')
  mend()

  const { steps } = await done(world, release(world))

  expect(await readFrom(world, disk)).toContain('of the host')
  expect(attachments(world)).toEqual(found)
  expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
  expect(steps.map(({ name }) => name)).not.toContain('erase')
  expect(cleaned(world)).toMatchObject([
    {
      namespaces: [
        { nsid: 3, markersLeft: 0 },
        { nsid: 5, markersLeft: 0 },
      ],
    },
  ])
})

test('a guest that got a controller with it meanwhile keeps it', async () => {
  const { world, mend } = await cutShort()
  await bindByHand(world, SECOND, 'vfio-pci')
  await world.inventory.rescan(DEMO, world.hostId)
  const had = of(world, 2)
  mend()

  await done(world, release(world))

  expect(had).toContain('3')
  expect(of(world, 2)).toEqual(had)
  expect(onlyAssignment(world).state).toBe('released')
})

test('until it is finished the other controller is not handed over with what is to be put back', async () => {
  const { world, mend } = await cutShort()

  const refusals = await refusalsOf(assignToOther(world, SECOND))
  mend()
  await done(world, release(world))
  await done(world, assignToOther(world, SECOND))

  expect(new Set(refusals.map(({ check }) => check))).toEqual(
    new Set(['namespace-promised'])
  )
  expect(standing(world, SECOND).state).toBe('ready')
})

test('with acceptUncleaned it is finished as well', async () => {
  const { world, found, mend } = await cutShort()
  mend()

  await done(world, release(world, { acceptUncleaned: true }))

  expect(attachments(world)).toEqual(found)
  expect(onlyAssignment(world).state).toBe('released')
})

test('where it fails again what was put back stays there, and the next one finishes it', async () => {
  const { world, found, mend } = await cutShort()
  const before = attachments(world)

  const again = await world.end(await release(world))
  const after = attachments(world)
  mend()
  await done(world, release(world))

  expect(again.state).toBe('undone')
  expect(after).toEqual(before)
  expect(attachments(world)).toEqual(found)
})

test('a namespace that a controller of somebody else has too is neither taken from it nor erased', async () => {
  const world = await directWorld(dualController(NAMESPACES))
  onTestFinished(() => world.stop())
  await done(world, assignFirst(world, ASKED))
  await byHand(world, { change: 'attachNamespace', pf: second, nsid: 3, cntlid: 2 })
  await bindByHand(world, SECOND, 'vfio-pci')
  await world.inventory.rescan(DEMO, world.hostId)
  const kept = attachments(world)

  const end = await world.end(await release(world))

  expect(end).toMatchObject({
    state: 'undone',
    error: { detail: { refusals: [{ check: 'erase-reaches-others' }] } },
  })
  expect(attachments(world)).toEqual(kept)
})

/** 3 is back on the second controller, cleaned; 5 could not be attached to it. */
async function cutShort() {
  const world = await directWorld(dualController(NAMESPACES))
  onTestFinished(() => world.stop())
  const found = attachments(world)
  await done(world, assignFirst(world, ASKED))
  const match = { call: 'admin', opcode: 0x15, nsid: 5, cdw10: 0 } as const // Attach
  const kind = { fault: 'status', status: 0x127 } as const // Namespace Attachment Limit Exceeded
  const { id } = world.machine.faults.arm({ match, kind })
  const { state } = await world.end(await release(world))
  expect(state).toBe('stuck')
  expect(onlyAssignment(world).state).toBe('quarantined')
  expect(attachments(world)).toMatchObject({ 3: [2], 5: [] })
  return {
    world,
    found,
    mend: () => void world.machine.faults.takeBack(id, 'with-effect'),
  }
}

function release(world: World, request: { readonly acceptUncleaned?: true } = {}) {
  return world.workflows.release(DEMO, standing(world, FIRST).id, request)
}

/** nsids that it is attached to. */
function of(world: World, cntlid: number): readonly string[] {
  return Object.entries(attachments(world)).flatMap(([nsid, cntlids]) =>
    cntlids.includes(cntlid) ? [nsid] : []
  )
}

function cleaned({ store }: World): readonly unknown[] {
  return store.read
    .events(null, 0, 1_000)
    .filter(({ type }) => type === 'assignment.cleaned')
    .map(({ detail }) => detail)
}
