/** The counters of all functions of a watch are read together, and each function has its own. */
import { expect, test } from 'vitest'
import { capturedHost, pf, plain, unbound, vf1 } from './captured-host.ts'
import type { CapturedHost } from './captured-host.ts'
import { countersOfPrimary, PERIOD_MS, STAT, watching } from './watching.ts'

const PLAIN_STAT = STAT.map((number) => 2 * number)

function twoControllers(): CapturedHost {
  const world = capturedHost()
  countersOfPrimary(world)
  world.machine.counters.set('/sys/block/nvme1n1/stat', PLAIN_STAT)
  return world
}

function openedFor({ machine }: CapturedHost) {
  const opened: (readonly string[])[] = []
  const { openCounters } = machine.kernel
  machine.kernel.openCounters = (sources) => {
    const stats = sources.filter((source) => source.kind === 'blockStat')
    if (stats.length > 0) opened.push(stats.map(({ path }) => path))
    return openCounters(sources)
  }
  return opened
}

test('one reader has the disks of all functions, for as long as they are the same', async () => {
  const world = twoControllers()
  const opened = openedFor(world)

  const { frames } = await watching(world, [plain, vf1, pf])
  await world.clock.advance(4 * PERIOD_MS)

  expect(opened).toEqual([['/sys/block/nvme1n1/stat', '/sys/block/nvme0c0n1/stat']])
  const reads = frames.map(({ fn, observed }) => [
    fn,
    observed.observed ? observed.device.readIos : observed.why,
  ])
  const tick = [
    [plain, 20],
    [vf1, 'no-driver'],
    [pf, 10],
  ]
  expect(reads).toEqual(Array.from({ length: 5 }, () => tick).flat())
})

test('when the disk of one vanishes, the others go on in the same tick, in their former life', async () => {
  const world = twoControllers()
  const { frames } = await watching(world, [pf, plain])

  world.machine.counters.delete('/sys/block/nvme0c0n1/stat')
  unbound(world.machine, pf)
  await world.clock.advance(PERIOD_MS)

  const seen = frames.map(({ fn, observed }) => [
    fn,
    observed.observed ? [observed.life, observed.device.readIos] : observed.why,
  ])
  expect(seen).toEqual([
    [pf, ['nvme0 nvme0c0n1 0', 10]],
    [plain, ['nvme1 nvme1n1 0', 20]],
    [pf, 'no-driver'],
    [plain, ['nvme1 nvme1n1 0', 20]],
  ])
})
