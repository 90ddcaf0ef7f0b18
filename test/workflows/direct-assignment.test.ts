/** A controller goes with the namespaces that were asked for, and the host keeps its path to the others. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { FIRST, SECOND } from '../support/dual-controller.ts'
import { diskIfAny } from './by-hand.ts'
import {
  assignFirst,
  attachments,
  deviceNumberOf,
  directWorld,
  idsOf,
} from './direct-world.ts'
import { readFrom, writeOn } from './on-disk.ts'
import { onlyAssignment } from './scenarios.ts'
import { done } from './world.ts'

const ASKED = [3, 5]

test('a controller goes with what was asked for, and the host keeps a mounted disk by the other one', async () => {
  const world = await directWorld()
  const disk = (await diskIfAny(world, { nsid: 1 })) ?? ''
  await writeOn(world, disk, 'of the host')
  const unmount = world.machine.mount(disk, '/srv/kept')
  const number = await deviceNumberOf(world, disk)

  await done(world, assignFirst(world, ASKED))

  expect(attachments(world)).toEqual({
    1: [2],
    2: [2],
    3: [1],
    4: [],
    5: [1],
    6: [2],
  })
  expect(await diskIfAny(world, { nsid: 1 })).toBe(disk)
  expect(await deviceNumberOf(world, disk)).toBe(number)
  unmount()
  expect(await readFrom(world, disk)).toContain('of the host')
  expect(await diskIfAny(world, { nsid: 3 })).toBeUndefined()
  const { functions } = world.machine.snapshot()
  expect(functions[FIRST]).toMatchObject({ driver: 'vfio-pci' })
  expect(functions[SECOND]).toMatchObject({ driver: 'nvme' })
})

test('an assignment shows the namespaces that its consumer has, and none when it is over', async () => {
  const world = await directWorld()
  await done(world, assignFirst(world, ASKED))
  const { id } = onlyAssignment(world)

  const standing = world.workflows.assignment(DEMO, id)
  await done(world, world.workflows.release(DEMO, id, {}))

  expect(standing.namespaceIds.toSorted()).toEqual(idsOf(world, ASKED).toSorted())
  expect(standing.before?.attachments).toMatchObject({ given: ASKED, controllers: [1, 2] })
  expect(world.workflows.assignment(DEMO, id).namespaceIds).toEqual([])
})

test.for([[{}], [{ acceptUncleaned: true }]] as const)(
  'a release with %j puts back what was attached to whom',
  async ([request]) => {
    const world = await directWorld()
    const found = world.machine.snapshot()
    await done(world, assignFirst(world, [...ASKED, 4]))

    await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, request))

    expect(world.machine.snapshot()).toEqual(found)
    expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
  }
)

test('what was the consumer’s is erased before others reach it again, and nothing else is', async () => {
  const world = await directWorld()
  const kept = (await diskIfAny(world, { nsid: 1 })) ?? ''
  const given = (await diskIfAny(world, { nsid: 3 })) ?? ''
  await writeOn(world, kept, 'of the host')
  await writeOn(world, given, 'of the tenant')
  await done(world, assignFirst(world, ASKED))

  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  const again = (await diskIfAny(world, { nsid: 3 })) ?? ''
  expect(await readFrom(world, again)).not.toContain('of the tenant')
  expect(await readFrom(world, kept)).toContain('of the host')
})
