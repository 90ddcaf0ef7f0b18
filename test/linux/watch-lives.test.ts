/** Counters of two lives may look like those of one: each frame says which life it is of. */
import { expect, test } from 'vitest'
import type { HostFrame } from '../../src/host/frame.ts'
import { capturedHost, pf, plain } from './captured-host.ts'
import { applied, emulatedHost } from './emulated-host.ts'
import type { EmulatedHost } from './emulated-host.ts'
import { countersOfPrimary, PERIOD_MS, STAT, watching } from './watching.ts'

const LONG_MS = 60_000

async function livesOf(world: EmulatedHost, fn: typeof pf, meanwhile: () => Promise<void>) {
  const frames: HostFrame[] = []
  const notTroubled = (trouble: unknown) => {
    throw new Error('nothing goes wrong here', { cause: trouble })
  }
  const take = (frame: HostFrame) => frames.push(frame)
  const stop = await world.host.watch([fn], LONG_MS, take, notTroubled)
  await world.clock.advance(LONG_MS)
  await meanwhile()
  await world.clock.advance(2 * LONG_MS)
  await stop()
  return frames.map(({ observed }) => (observed.observed ? observed.life : observed.why))
}

test('a controller that is bound anew within a period, under its own names, is in another life', async () => {
  const world = await emulatedHost()

  const [first, second, third, fourth] = await livesOf(world, plain, async () => {
    await applied(world, { change: 'unbind', fn: plain })
    await applied(world, { change: 'probe', fn: plain, expectDriver: 'nvme' })
  })

  expect(first).toMatch(/^nvme1 nvme1n1#\d+ 0$/)
  expect(third).toMatch(/^nvme1 nvme1n1#\d+ 0$/)
  expect(third).not.toBe(first)
  expect([second, fourth]).toEqual([first, third])
})

test('so is a controller that has lost one of its disks', async () => {
  const world = await emulatedHost()
  await applied(world, { change: 'attachNamespace', pf, nsid: 2, cntlid: 0 })

  const [first, second, third, fourth] = await livesOf(world, pf, async () => {
    await applied(world, { change: 'detachNamespace', pf, nsid: 1, cntlid: 0 })
  })

  expect(first).toMatch(/^nvme0 nvme0c0n1#\d+ nvme0c0n2#\d+ 0$/)
  expect(third).toMatch(/^nvme0 nvme0c0n2#\d+ \d$/)
  expect([second, fourth]).toEqual([first, third])
})

test('what vanishes and comes back is in another life, also where disks have no number', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { frames } = await watching(world, [pf])

  world.machine.counters.delete('/sys/block/nvme0c0n1/stat')
  await world.clock.advance(PERIOD_MS)
  world.machine.counters.set('/sys/block/nvme0c0n1/stat', STAT)
  await world.clock.advance(2 * PERIOD_MS)

  const lives = frames.map(({ observed }) => observed.observed && observed.life)
  expect(lives).toEqual([
    'nvme0 nvme0c0n1 0',
    'nvme0 nvme0c0n1 1',
    'nvme0 nvme0c0n1 1',
    'nvme0 nvme0c0n1 1',
  ])
})
