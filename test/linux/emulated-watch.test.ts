import { expect, test } from 'vitest'
import type { HostFrame } from '../../src/host/frame.ts'
import { pf, plain, vf1, vf2 } from './captured-host.ts'
import { applied, appliedAll, emulatedHost, PROVISION, RETIRE } from './emulated-host.ts'

test('frames follow functions through their bindings', async () => {
  const world = await emulatedHost()
  const frames: HostFrame[] = []
  const functions = [pf, vf1, vf2, plain]
  const take = (frame: HostFrame) => frames.push(frame)
  const stop = await world.host.watch(functions, 1000, take, notTroubled)
  const latest = (fn: string) => frames.findLast((frame) => frame.fn === fn)?.observed
  const why = (fn: string) => {
    const observed = latest(fn)
    return observed?.observed === false ? observed.why : 'observed'
  }

  await world.clock.advance(2000)
  expect([pf, vf1, vf2, plain].map(why)).toEqual(['observed', 'gone', 'gone', 'observed'])

  await appliedAll(world, PROVISION)
  await world.clock.advance(2000)
  expect([pf, vf1, vf2, plain].map(why)).toEqual([
    'observed',
    'observed',
    'owned-by-guest',
    'owned-by-guest',
  ])
  const ofVf = latest(vf1)
  expect(ofVf?.queues?.qid).toEqual(Float64Array.of(1, 2, 3))

  await appliedAll(world, RETIRE)
  await world.clock.advance(2000)
  expect([pf, vf1, vf2, plain].map(why)).toEqual(['observed', 'gone', 'gone', 'observed'])
  for (const fn of [pf, vf1, vf2, plain]) {
    const sequences = frames.filter((f) => f.fn === fn).map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.map((_, i) => i + 1))
  }
  await stop()
})

test('counters of a loaded controller grow, and its queues have CPUs', async () => {
  const world = await emulatedHost()
  const frames: HostFrame[] = []
  const take = (frame: HostFrame) => frames.push(frame)
  const stop = await world.host.watch([plain], 1000, take, notTroubled)
  await world.clock.advance(5000)
  await stop()

  const observed = frames.flatMap(({ observed: seen }) => (seen.observed ? [seen] : []))
  const total = observed.map(({ device }) => device.readIos + device.writeIos)

  expect(observed).toHaveLength(6)
  expect(total).toEqual([...total].sort((a, b) => a - b))
  expect(total.at(-1)).toBeGreaterThan(total[0] ?? Infinity)
  expect(observed[0]?.sources).toEqual(['block-layer', 'blk-mq-debugfs', 'interrupts'])
  expect(observed[0]?.queues.cpus).toEqual(['0', '1', '2', '3'])
})

test('scans beside changes neither hinder them nor are hindered', async () => {
  const world = await emulatedHost()

  for (const change of [...PROVISION, ...RETIRE]) {
    const scanning = world.host.scan()
    const outcome = await applied(world, change)
    const { functions } = await scanning

    expect(outcome.outcome, change.change).toBe('done')
    expect(functions.map(({ blocked }) => blocked)).toEqual(functions.map(() => null))
  }
})

function notTroubled(trouble: unknown): never {
  throw new Error('nothing goes wrong here', { cause: trouble })
}
