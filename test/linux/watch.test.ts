import { expect, test } from 'vitest'
import { UEVENTS_LOST } from '../../src/kernel/uevent-message.ts'
import { bindTo, capturedHost, plain, pf, unbound, vf1, vf2 } from './captured-host.ts'
import { VF1, VF2 } from './captured-machine.ts'
import { countersOfPrimary, PERIOD_MS, STAT, watching } from './watching.ts'

test('a controller’s frame has its queues and the sums of its disks', async () => {
  const world = capturedHost()
  countersOfPrimary(world)

  const { last } = await watching(world, [pf])

  expect(last()).toMatchObject({
    bootId: '0d2b1a0c-5ee1-4c39-9b43-5a3d1b1f6a10',
    fn: pf,
    sequence: 1,
    sourceClockMs: 0,
    wallClockMs: Date.UTC(2026, 0, 1),
  })
  expect(last()?.observed).toEqual({
    observed: true,
    life: 'nvme0 nvme0c0n1 0',
    sources: ['block-layer', 'blk-mq-debugfs', 'interrupts'],
    queues: {
      qid: Float64Array.of(1, 2),
      inFlight: Float64Array.of(4, 0),
      interrupts: Float64Array.of(100, 7),
      commands: Float64Array.of(NaN, NaN),
      latency: new Float64Array(0),
      cpus: ['0', '1'],
    },
    device: {
      readIos: 10,
      readBytes: 80 * 512,
      readTicksMs: 7,
      writeIos: 20,
      writeBytes: 160 * 512,
      writeTicksMs: 9,
      inFlight: 3,
    },
  })
})

test('block statistics are summed over namespaces, queue depths are not', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  world.machine.files.text('/sys/class/nvme/nvme0/nvme0c0n2/nsid', '2\n')
  world.machine.counters.set('/sys/block/nvme0c0n2/stat', STAT)

  const { last } = await watching(world, [pf])

  expect(last()?.observed).toMatchObject({
    queues: { inFlight: Float64Array.of(4, 0) },
    device: { readIos: 20, inFlight: 6 },
  })
})

test('frames come with the period, numbered without gaps for each function', async () => {
  const world = capturedHost()
  const { frames, stop } = await watching(world, [pf, plain])

  await world.clock.advance(3 * PERIOD_MS)
  await stop()
  await world.clock.advance(3 * PERIOD_MS)

  const sequences = (fn: string) =>
    frames.filter((frame) => frame.fn === fn).map(({ sequence }) => sequence)
  expect(sequences(pf)).toEqual([1, 2, 3, 4])
  expect(sequences(plain)).toEqual([1, 2, 3, 4])
  expect(frames.at(-1)?.sourceClockMs).toBe(3 * PERIOD_MS)
})

test('a frame that was given does not change with the next one', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { frames } = await watching(world, [pf])

  world.machine.counters.set('nvme0q1', [200])
  await world.clock.advance(PERIOD_MS)

  const interrupts = frames.map(({ observed }) => observed.queues?.interrupts[0])
  expect(interrupts).toEqual([100, 200])
})

test('what cannot be read is not among the sources, and NaN', async () => {
  const world = capturedHost()
  world.machine.counters.set('/sys/block/nvme0c0n1/stat', STAT)

  const { last } = await watching(world, [pf])

  expect(last()?.observed).toMatchObject({
    sources: ['block-layer'],
    queues: { inFlight: Float64Array.of(NaN, NaN), interrupts: Float64Array.of(NaN, NaN) },
  })
})

test('an emulated host says so', async () => {
  const world = capturedHost({ emulated: true })
  countersOfPrimary(world)

  const { last } = await watching(world, [pf])

  expect(last()?.observed).toMatchObject({
    sources: ['block-layer', 'blk-mq-debugfs', 'interrupts', 'emulator'],
  })
})

test('a guest owns the queues of its function; the interrupts that the host relays are given', async () => {
  const world = capturedHost()
  bindTo(world.machine, VF1, 'vfio-pci')
  bindTo(world.machine, VF2, 'vfio-pci')
  world.machine.files.text(
    '/proc/interrupts',
    ` CPU0\n 39: 1 x vfio-msix[0](${VF1})\n 40: 5 x vfio-msix[1](${VF1})\n`
  )
  world.machine.counters.set(`vfio-msix[1](${VF1})`, [5])

  const { frames } = await watching(world, [vf1, vf2])

  expect(frames.map(({ observed }) => observed)).toEqual([
    {
      observed: false,
      why: 'owned-by-guest',
      queues: {
        qid: Float64Array.of(1),
        inFlight: Float64Array.of(NaN),
        interrupts: Float64Array.of(5),
        commands: Float64Array.of(NaN),
        latency: new Float64Array(0),
        cpus: [''],
      },
    },
    { observed: false, why: 'owned-by-guest' },
  ])
})

test('a function without driver, one that is gone, and one that is not live say so', async () => {
  const world = capturedHost()
  world.machine.files.remove(`/sys/bus/pci/devices/${VF2}`)
  world.machine.files.text('/sys/class/nvme/nvme1/state', 'resetting\n')

  const { frames } = await watching(world, [vf1, vf2, plain])

  expect(frames.map(({ observed }) => observed)).toEqual([
    { observed: false, why: 'no-driver' },
    { observed: false, why: 'gone' },
    { observed: false, why: 'controller-not-live' },
  ])
})

test('an unbound controller is noticed in the tick in which its disk is missing', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { frames } = await watching(world, [pf])

  world.machine.counters.clear()
  unbound(world.machine, pf)
  await world.clock.advance(PERIOD_MS)

  expect(frames.map(({ observed }) => observed.observed)).toEqual([true, false])
  expect(world.machine.openReaders).toBe(0)
})

test('a new binding is noticed within a second, by a uevent at once', async () => {
  const world = capturedHost()
  const { frames } = await watching(world, [vf1])
  const seen = () => frames.map(({ observed }) => !observed.observed && observed.why)

  bindTo(world.machine, VF1, 'vfio-pci')
  await world.clock.advance(PERIOD_MS)
  expect(seen()).toEqual(['no-driver', 'no-driver'])
  world.machine.emit({ action: 'bind', devpath: '/x', subsystem: 'pci', properties: {} })
  await world.clock.advance(PERIOD_MS)
  expect(seen()).toEqual(['no-driver', 'no-driver', 'owned-by-guest'])

  unbound(world.machine, VF1)
  await world.clock.advance(1000)
  expect(seen().at(-1)).toBe('no-driver')
})

test('when uevents were lost, everything is looked at again at once', async () => {
  const world = capturedHost()
  const { last } = await watching(world, [vf1])
  const told: string[] = []
  await world.host.onUevent((what) => told.push(what))

  bindTo(world.machine, VF1, 'vfio-pci')
  world.machine.emit(UEVENTS_LOST)
  await world.clock.advance(PERIOD_MS)

  expect(told).toEqual(['lost'])
  expect(last()?.observed).toMatchObject({ why: 'owned-by-guest' })
})

test('stopping and closing leave no reader, no listener and no timer behind', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { stop } = await watching(world, [pf, plain])
  await watching(world, [pf])
  await world.host.onUevent(() => {})
  // Of each watch one for all functions, and one for the interrupts.
  expect(world.machine.openReaders).toBe(4)

  await stop()
  await stop()
  expect(world.machine.openReaders).toBe(2)
  await world.host.close()

  expect(world.machine.openReaders).toBe(0)
  expect(world.machine.listeners).toBe(0)
  expect(world.clock.pending()).toBe(0)
})

test('uevents of PCI, NVMe and block devices are told, others are not', async () => {
  const { host, machine } = capturedHost()
  const told: string[] = []
  const stop = await host.onUevent((what) => told.push(what))
  const uevent = (subsystem: string) =>
    machine.emit({ action: 'add', devpath: `/${subsystem}`, subsystem, properties: {} })

  uevent('pci')
  uevent('net')
  uevent('block')
  await stop()
  uevent('nvme')

  expect(told).toEqual(['add /pci', 'add /block'])
  expect(machine.listeners).toBe(0)
})
