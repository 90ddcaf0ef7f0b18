/** VFs that are declared come, change and go by themselves, and never while anybody uses them. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { byHand } from './by-hand.ts'
import {
  assign,
  converged,
  declare,
  operations,
  release,
  shown,
  shownVf,
  sizes,
  tended,
  told,
  TWO,
  until,
  waitsOf,
} from './declared-world.ts'
import {
  controllerAt,
  diskOf,
  done,
  namespaceIds,
  PF,
  provision,
  virtualFunctionOf,
} from './world.ts'

const VF1 = '0000:01:00.1'

test('VFs that are declared are provisioned, with what they share of the pools', async () => {
  const world = await tended()
  const ids = [namespaceIds(world, [2]), [], namespaceIds(world, [4, 3])]

  const first = await declare(world, {
    count: 3,
    vq: { weights: [1, 2, 3], maximum: 7 },
    vi: {},
    namespaceIds: ids,
  })
  await converged(world)

  expect(first).toMatchObject({ converged: false, driver: 'none' })
  expect(first.virtualFunctions.map(({ desired }) => desired?.vq)).toEqual([7, 7, 7])
  expect(sizes(world)).toEqual([
    [1, 7, 6],
    [2, 7, 6],
    [3, 7, 6],
  ])
  expect(shownVf(world, 3)).toMatchObject({
    desired: { vq: 7, vi: 6, driver: null },
    actual: { state: 'online', vq: 7, vi: 6, driver: null },
    state: 'as-declared',
    reason: null,
  })
  expect(shownVf(world, 3).actual?.namespaceIds.toSorted()).toEqual(ids[2]?.toSorted())
  expect(told(world, /declared$/)).toEqual(['controller.virtual-functions-declared'])
})

test('to declare none gives back all, and the machine is as it was found', async () => {
  const world = await tended()
  const found = world.machine.snapshot()
  await declare(world, TWO)
  await converged(world)

  await declare(world, { ...TWO, count: 0 })
  await converged(world)

  expect(world.machine.snapshot()).toEqual(found)
  expect(controllerAt(world, PF).sriovBefore).toBeNull()
})

test('VFs that were provisioned by hand before are counted, and keep what is as declared', async () => {
  const world = await tended()
  await done(
    world,
    provision(world, [
      { ioQueuePairs: 2, nsids: [] },
      { ioQueuePairs: 2, nsids: [] },
      { ioQueuePairs: 1, nsids: [2] },
    ])
  )
  const before = operations(world).length

  await declare(world, { count: 2, vq: { each: 3 }, vi: { each: 3 } })
  await converged(world)

  expect(sizes(world)).toEqual([
    [1, 3, 3],
    [2, 3, 3],
  ])
  expect(
    operations(world)
      .slice(before)
      .map(({ workflow }) => workflow)
  ).toEqual(['retire-virtual-function'])
})

test('a VF that is assigned is neither taken away nor changed: it waits, and says for whom', async () => {
  const world = await tended()
  await declare(world, { ...TWO, count: 3 })
  await converged(world)
  const first = await assign(world, 1, 'vm-1')
  const third = await assign(world, 3, 'vm-7')
  const before = world.machine.snapshot()

  await declare(world, { count: 1, vq: { each: 5 }, vi: { each: 2 } })
  await until(world, 'VF 2 gone', () => shown(world).virtualFunctions.length === 2)
  await world.clock.advance(120_000)

  expect(waitsOf(world)).toEqual([
    ['waiting', 'VF 1 is assigned to vm-1'],
    ['waiting', 'VF 3 is assigned to vm-7'],
  ])
  expect(shownVf(world, 3)).toMatchObject({ desired: null, remedy: 'Release it first.' })
  expect(sizes(world)).toEqual([
    [1, 3, 2],
    [3, 3, 2],
  ])
  expect(world.machine.snapshot().functions[VF1]).toEqual(before.functions[VF1])

  await release(world, third)
  await release(world, first)
  await converged(world)
  expect(sizes(world)).toEqual([[1, 5, 2]])
})

test('a VF that the host has mounted is neither taken away nor changed', async () => {
  const world = await tended()
  const ids = [namespaceIds(world, [2])]
  const used = { count: 1, vq: { each: 3 }, vi: { each: 2 }, namespaceIds: ids }
  await declare(world, { ...used, driver: 'nvme' })
  await converged(world)
  const unmount = world.machine.mount(diskOf(world, 2), '/srv')
  await world.inventory.rescan(DEMO, world.hostId)
  const before = operations(world).length

  await declare(world, { ...used, count: 0, namespaceIds: [] })
  await world.clock.advance(120_000)

  expect(waitsOf(world)).toEqual([['waiting', expect.stringContaining('/srv')]])
  expect(operations(world)).toHaveLength(before)
  unmount()
  await converged(world)
  expect(sizes(world)).toEqual([])
})

test('namespaces change hands between VFs that nobody uses', async () => {
  const world = await tended()
  const [two = '', three = ''] = namespaceIds(world, [2, 3])
  await declare(world, { ...TWO, namespaceIds: [[two], [three]] })
  await converged(world)

  await declare(world, { ...TWO, namespaceIds: [[three], [two]] })
  await converged(world)

  expect(shownVf(world, 1).actual?.namespaceIds).toEqual([three])
  expect(shownVf(world, 2).actual?.namespaceIds).toEqual([two])
})

test('a namespace of a VF that is assigned stays his, and the VF that is to have it waits', async () => {
  const world = await tended()
  const [two = '', three = ''] = namespaceIds(world, [2, 3])
  await declare(world, { ...TWO, namespaceIds: [[two], [three]] })
  await converged(world)
  await assign(world, 1, 'vm-1')

  await declare(world, { ...TWO, namespaceIds: [[three], [two]] })
  await world.clock.advance(120_000)

  expect(waitsOf(world)).toEqual([
    ['waiting', 'VF 1 is assigned to vm-1'],
    ['waiting', expect.stringContaining('namespace 2 still belongs to VF 1')],
  ])
  expect(shownVf(world, 2).actual?.namespaceIds).toEqual([three])
})

test('what others have of the pools is waited for, and nobody is cut off meanwhile', async () => {
  const world = await tended()
  await declare(world, { count: 4, vq: { each: 8 }, vi: { each: 2 } }) // all 32 VQ
  await converged(world)
  await assign(world, 1, 'vm-1')

  await declare(world, { count: 5, vq: { each: 6 }, vi: { each: 2 } })
  await until(world, 'shrunk', () => sizes(world).filter(([, vq]) => vq === 6).length === 4)
  const withFour = sizes(world)

  expect(withFour).toEqual([
    [1, 8, 2],
    [2, 6, 2],
    [3, 6, 2],
    [4, 6, 2],
    [5, 6, 2],
  ])
  expect(waitsOf(world)[0]).toEqual(['waiting', 'VF 1 is assigned to vm-1'])
})

test('two VFs that nobody uses exchange VQ for VI', async () => {
  const world = await tended()
  const [more, less] = [{ weights: [2, 1, 1, 1, 1] }, { weights: [1, 2, 1, 1, 1] }]
  await declare(world, { count: 5, vq: more, vi: less }) // all 32 VQ, all 24 VI
  await converged(world)
  const before = sizes(world)

  await declare(world, { count: 5, vq: less, vi: more })
  await converged(world)

  const [[, vq1 = 0, vi1 = 0] = [], [, vq2 = 0, vi2 = 0] = []] = before
  expect([vq1 > vq2, vi1 < vi2]).toEqual([true, true])
  expect(sizes(world).slice(0, 2)).toEqual([
    [1, vq2, vi2],
    [2, vq1, vi1],
  ])
})

test('a VF that is to grow keeps what it has until the others have let go', async () => {
  const world = await tended()
  await declare(world, { count: 4, vq: { each: 8 }, vi: { each: 2 } })
  await converged(world)
  const fourth = await assign(world, 4, 'vm-4')

  await declare(world, { count: 3, vq: { weights: [1, 1, 1] }, vi: { each: 6 } })
  await world.clock.advance(60_000)
  await declare(world, { count: 3, vq: { each: 8 }, vi: { each: 6 } })
  await converged(world).catch(() => undefined)
  const waiting = waitsOf(world)
  await release(world, fourth)
  await converged(world)

  expect(waiting.at(-1)).toEqual(['waiting', 'VF 4 is assigned to vm-4'])
  expect(sizes(world)).toEqual([
    [1, 8, 6],
    [2, 8, 6],
    [3, 8, 6],
  ])
})

test('a VF that somebody else brought online is left to him', async () => {
  const world = await tended()
  await declare(world, { ...TWO, count: 1 })
  await converged(world)
  const { cntlid } = virtualFunctionOf(world, 2)
  for (const change of [
    { change: 'assignResources', resource: 'vq', count: 2 },
    { change: 'assignResources', resource: 'vi', count: 1 },
    { change: 'bringOnline' },
  ] as const)
    await byHand(world, { ...change, pf: pciAddress(PF), cntlid })
  await world.inventory.rescan(DEMO, world.hostId)

  await declare(world, TWO)
  await world.clock.advance(120_000)
  const beside = shown(world).virtualFunctions
  await declare(world, { ...TWO, count: 1, vq: { each: 4 } })
  await world.clock.advance(120_000)

  expect(beside).toMatchObject([
    { state: 'as-declared' },
    {
      state: 'waiting',
      reason: 'somebody else brought VF 2 online',
      actual: { state: 'online', vq: 2, vi: 1 },
    },
  ])
  expect(waitsOf(world)).toEqual([['waiting', expect.stringContaining('VF 2 would go')]])
  expect(sizes(world)).toEqual([
    [1, 3, 2],
    [2, 2, 1],
  ])
})
