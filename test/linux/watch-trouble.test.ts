/** What goes wrong in a tick is told where somebody hears it, and costs no more than a frame. */
import { expect, test } from 'vitest'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import { capturedHost, pf, plain, unbound } from './captured-host.ts'
import { countersOfPrimary, PERIOD_MS, watching } from './watching.ts'

test('a tick that the kernel refuses gives no frame, and the next one goes on without a gap', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { frames, troubles } = await watching(world, [pf])
  const { kernel } = world.machine
  const { call } = kernel

  kernel.call = (asked) => Promise.reject(new KernelError(asked.call, '/', 'EIO'))
  await world.clock.advance(2 * PERIOD_MS)
  const during = frames.length
  kernel.call = call
  await world.clock.advance(2 * PERIOD_MS)

  expect(during).toBe(2) // the last look at the driver was good for a second
  expect(frames.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
  expect(troubles).toEqual([])
})

test('a bug in the ticks of one function is told once, and the others have their frames', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { frames, troubles } = await watching(world, [plain, pf])
  const count = (fn: string) => frames.filter((frame) => frame.fn === fn).length
  const { kernel } = world.machine
  const { call } = kernel

  kernel.call = (asked) =>
    'path' in asked && (asked.path.includes(plain) || asked.path.includes('/nvme1/'))
      ? Promise.reject(new Error('a bug'))
      : call(asked)
  await world.clock.advance(4 * PERIOD_MS)
  const during = [count(plain), count(pf)]
  kernel.call = call
  await world.clock.advance(2 * PERIOD_MS)

  expect(troubles).toEqual([new Error('a bug')])
  expect(during).toEqual([1, 5])
  expect([count(plain), count(pf)]).toEqual([3, 7])
})

test('who throws at a frame is told so once, and has the next ones', async () => {
  const world = capturedHost()
  const taken: number[] = []
  const troubles: unknown[] = []
  await world.host.watch(
    [pf],
    PERIOD_MS,
    ({ sequence }) => {
      if (sequence === 2 || sequence === 3) throw new Error(`not ${sequence}`)
      taken.push(sequence)
    },
    (trouble) => troubles.push(trouble)
  )

  await world.clock.advance(4 * PERIOD_MS)

  expect(taken).toEqual([1, 4, 5])
  expect(troubles).toEqual([new Error('not 2')])
})

test('counters that cannot be closed are told, and the new ones are read', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { kernel } = world.machine
  const { openCounters } = kernel
  kernel.openCounters = async (sources) => ({
    ...(await openCounters(sources)),
    close: () => Promise.reject(new Error('not closed')),
  })
  const { frames, troubles } = await watching(world, [pf])

  kernel.openCounters = openCounters
  world.machine.counters.clear()
  unbound(world.machine, pf)
  // Those of the disks in one tick, those of the interrupts in the next.
  await world.clock.advance(3 * PERIOD_MS)

  expect(troubles).toEqual([new Error('not closed')])
  expect(frames.map(({ observed }) => observed.observed)).toEqual([true, false])
})
