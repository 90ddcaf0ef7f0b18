/** The table of interrupts is one for the host, and costs the more the larger the host is. */
import { expect, test } from 'vitest'
import { bindTo, capturedHost, pf, plain, vf1, vf2 } from './captured-host.ts'
import type { CapturedHost } from './captured-host.ts'
import { VF1, VF2 } from './captured-machine.ts'
import { countersOfPrimary, PERIOD_MS, watching } from './watching.ts'

/** What was read of the table: its text, or counts out of it. */
function readsOfTheTable({ machine, clock }: CapturedHost) {
  const reads: string[] = []
  const { call, openCounters } = machine.kernel
  machine.kernel.call = (asked) => {
    if ('path' in asked && asked.path === '/proc/interrupts')
      reads.push(`${clock.monotonicMs()} text`)
    return call(asked)
  }
  machine.kernel.openCounters = async (sources) => {
    const reader = await openCounters(sources)
    if (!sources.some(({ kind }) => kind === 'interrupts')) return reader
    const read = () => {
      reads.push(`${clock.monotonicMs()} counts`)
      return reader.read()
    }
    return { ...reader, read }
  }
  return reads
}

function twoGuests(world: CapturedHost): void {
  bindTo(world.machine, VF1, 'vfio-pci')
  bindTo(world.machine, VF2, 'vfio-pci')
  const names = [`vfio-msix[1](${VF1})`, `vfio-msix[1](${VF2})`, `vfio-msix[2](${VF2})`]
  const lines = names.map((name, n) => ` ${40 + n}: 1 x ${name}\n`)
  world.machine.files.text('/proc/interrupts', ` CPU0\n${lines.join('')}`)
  for (const [n, name] of names.entries()) world.machine.counters.set(name, [n + 1])
}

test('it is read once a tick for all functions, and each has its own counts', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  twoGuests(world)
  const reads = readsOfTheTable(world)

  const { frames } = await watching(world, [vf1, pf, vf2, plain])
  await world.clock.advance(2 * PERIOD_MS)

  expect(reads).toEqual(['0 text', '0 counts', '500 counts', '1000 text', '1000 counts'])
  const counts = frames.map(({ fn, observed }) => [
    fn,
    ...(observed.queues?.interrupts ?? []),
  ])
  const tick = [
    [vf1, 1],
    [pf, 100, 7],
    [vf2, 2, 3],
    [plain, NaN, NaN],
  ]
  expect(counts).toEqual([...tick, ...tick, ...tick])
})

test('nobody reads it when no function has a queue', async () => {
  const world = capturedHost()
  const reads = readsOfTheTable(world)

  await watching(world, [vf1, vf2])
  await world.clock.advance(2 * PERIOD_MS)

  expect(reads).toEqual([])
})

test('when it cannot be read, that is told, and the next tick reads it', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { openCounters } = world.machine.kernel
  let broken = true
  world.machine.kernel.openCounters = async (sources) => {
    const reader = await openCounters(sources)
    const isTable = sources.some(({ kind }) => kind === 'interrupts')
    const read = () =>
      broken && isTable ? Promise.reject(new Error('a bug')) : reader.read()
    return { ...reader, read }
  }

  const { frames, troubles } = await watching(world, [pf])
  await world.clock.advance(PERIOD_MS)
  broken = false
  await world.clock.advance(PERIOD_MS)

  expect(troubles).toEqual([new Error('a bug')])
  expect(
    frames.map(({ sequence, observed }) => [sequence, observed.queues?.interrupts[0]])
  ).toEqual([[1, 100]])
})
