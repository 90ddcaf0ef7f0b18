/** Text and numbers tell the same, and what a function counts adds up. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCK_STAT, BLOCK_STAT_LENGTH } from '../../src/kernel/counters.ts'
import type { CounterSource } from '../../src/kernel/counters.ts'
import { newNamespace } from '../../src/emulator/devices/new-namespace.ts'
import { functionLoad } from '../../src/emulator/load/function-load.ts'
import { LoadMeter } from '../../src/emulator/load/load-meter.ts'
import { QueueLoad } from '../../src/emulator/load/queue-load.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import type { LoadDescription } from '../../src/emulator/load/load-description.ts'
import { DEVICES, DRIVERS, labMachine, PF, testMachine } from './machine-calls.ts'
import type { TestMachine } from './machine-calls.ts'

const TAGS = (q: number) => `/sys/kernel/debug/block/nvme0c0n1/hctx${q}/tags`
const STAT = '/sys/block/nvme0c0n1/stat'
const NAMES = ['nvme0q0', 'nvme0q1', 'nvme0q2']
const SOURCES: readonly CounterSource[] = [
  { kind: 'blockStat', path: STAT },
  { kind: 'tagsBusy', path: TAGS(0) },
  { kind: 'tagsBusy', path: TAGS(1) },
  { kind: 'interrupts', names: NAMES },
]

test('the numbers are those that the files print at the same instant', async () => {
  const machine = await labMachine()
  const counters = await machine.machine.kernel.openCounters(SOURCES)

  for (const step of [0, 1, 777, 60_000, 3_600_000]) {
    await machine.clock.advance(step)
    await counters.read()
    expect([...counters.values], `after ${step} ms`).toEqual(await fromFiles(machine))
  }
})

async function fromFiles(machine: TestMachine): Promise<readonly number[]> {
  const stat = (await machine.read(STAT)).trim().split(/\s+/).map(Number)
  const busy = async (q: number) =>
    Number(/^busy=(\d+)$/m.exec(await machine.read(TAGS(q)))?.[1])
  const interrupts = (await machine.read('/proc/interrupts')).split('\n')
  const count = (name: string) => {
    const line = interrupts.find((one) => one.endsWith(` ${name}`)) ?? ''
    const cpus = line.trim().split(/\s+/).slice(1, 5)
    return cpus.reduce((sum, cpu) => sum + Number(cpu), 0)
  }
  const head = stat.slice(0, BLOCK_STAT_LENGTH)
  return [...head, await busy(0), await busy(1), ...NAMES.map(count)]
}

test('the queues add up to the disk, at the described rate', async () => {
  const machine = await labMachine()
  const counters = await machine.machine.kernel.openCounters(SOURCES)
  const seconds = 600

  await machine.clock.advance(seconds * 1000)
  await counters.read()
  const { values } = counters
  const [reads = 0, writes = 0] = [values[BLOCK_STAT.readIos], values[BLOCK_STAT.writeIos]]
  const [q1 = 0, q2 = 0] = values.slice(-2)

  expect(reads + writes).toBe(q1 + q2)
  expect((reads + writes) / seconds).toBeGreaterThan(6_000 * 0.85)
  expect((reads + writes) / seconds).toBeLessThan(6_000 * 1.15)
  expect(q1).not.toBe(q2)
})

test('a disk in bursts agrees with its queues, and coalesced interrupts are fewer than its commands', async () => {
  const burst = { everyMs: 2_000, forMs: 200, factor: 5 }
  const coalescing = { threshold: 8, microseconds: 500 }
  const machine = await testMachine(
    withLoad({
      arrivalsPerSecond: 20_000,
      serviceMicroseconds: 900,
      parallelism: 32,
      burst,
      coalescing,
    })
  )
  const counters = await machine.machine.kernel.openCounters(SOURCES)
  const { values } = counters
  const sum = (first: number, count: number) =>
    values.subarray(first, first + count).reduce((total, value) => total + value, 0)
  let before = values.slice()
  let deepest = 0

  for (let step = 0; step < 200; step++) {
    await machine.clock.advance(97)
    await counters.read()
    const [busy, interrupts] = [sum(BLOCK_STAT_LENGTH, 2), sum(BLOCK_STAT_LENGTH + 3, 2)]
    deepest = Math.max(deepest, busy)

    expect(values[BLOCK_STAT.inFlight]).toBe(busy)
    expect(interrupts).toBeLessThanOrEqual(values[0]! + values[BLOCK_STAT.writeIos]!)
    for (const field of RISING)
      if (step > 0) expect(values[field]!).toBeGreaterThanOrEqual(before[field]!)
    before = values.slice()
  }

  const commands = values[0]! + values[BLOCK_STAT.writeIos]!
  expect(commands / (sum(BLOCK_STAT_LENGTH + 3, 2) + 1)).toBeGreaterThan(4)
  expect(deepest, 'a burst overloads the drive').toBeGreaterThan(1_000)
})

const RISING = [
  BLOCK_STAT.readIos,
  BLOCK_STAT.readTicks,
  BLOCK_STAT.writeIos,
  BLOCK_STAT.writeTicks,
  BLOCK_STAT.ioTicks,
  BLOCK_STAT.timeInQueue,
]

/** The lab's host with another load on its first drive. */
function withLoad(load: LoadDescription): HostDescription {
  const host = labLikeHost()
  const [drive, ...others] = host.subsystems
  const controllers = drive!.controllers.map((one) => ({ ...one, load })) // it has two drives
  return { ...host, subsystems: [{ ...drive!, controllers }, ...others] }
}

test('mean latency from the ticks is the described one', async () => {
  const machine = await labMachine()
  const counters = await machine.machine.kernel.openCounters(SOURCES)
  await machine.clock.advance(100_000)
  await counters.read()

  const { values } = counters
  const [ios = 0, ticks = 0] = [values[BLOCK_STAT.readIos], values[BLOCK_STAT.readTicks]]

  expect(ticks / ios).toBeCloseTo(0.4, 3)
})

test('shares of namespaces add up whatever comes and goes', () => {
  const changes = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.subarray([0, 1, 2])),
    { minLength: 1, maxLength: 12 }
  )
  fc.assert(
    fc.property(changes, (steps) => {
      const namespaces = [0, 1, 2].map(namespaceOf)
      const load = functionLoad({ iops: 9_000, latencyUs: 100 }, 3, 1023, 1)
      const meter = new LoadMeter(new QueueLoad(1023), load, 3)
      let now = 0
      for (const [ms, members] of steps) {
        meter.setNamespaces(
          members.flatMap((i) => namespaces[i] ?? []),
          now
        )
        now += ms
      }
      meter.setNamespaces([], now)
      const served = namespaces.reduce((sum, { served: s }) => sum + s.reads + s.writes, 0)
      const completed = [0, 1, 2].reduce((sum, q) => sum + meter.completions(q, now), 0)
      expect(served).toBe(completed)
    })
  )
})

function namespaceOf(index: number) {
  return newNamespace({
    nsid: index + 1,
    sizeBytes: 1,
    blockBytes: 512,
    shared: true,
    startsAttachedTo: [],
    nguid: undefined,
    eui64: undefined,
    uuid: undefined,
    metadataBytes: 0,
  })
}

test('a source whose disk has gone reads as NaN, also when the name comes back', async () => {
  const machine = await labMachine()
  const sources = [{ kind: 'blockStat', path: '/sys/block/nvme1n1/stat' }] as const
  const counters = await machine.machine.kernel.openCounters(sources)
  await counters.read()
  const before = counters.values[0]

  await machine.write(`${DRIVERS}/nvme/unbind`, '0000:02:00.0')
  await machine.write(`${DRIVERS}/nvme/bind`, '0000:02:00.0')
  await counters.read()
  const fresh = await machine.machine.kernel.openCounters(sources)
  await fresh.read()

  expect(before).not.toBeNaN()
  expect([...counters.values].every(Number.isNaN)).toBe(true)
  expect(fresh.values[0]).not.toBeNaN()
})

test('sources that do not exist read as NaN', async () => {
  const machine = await labMachine()
  const counters = await machine.machine.kernel.openCounters([
    { kind: 'tagsBusy', path: TAGS(2) },
    {
      kind: 'interrupts',
      names: ['nvme0q3', 'nvme9q0', 'eth0', 'vfio-msix[0](0000:01:00.1)'],
    },
  ])

  await counters.read()

  expect([...counters.values].every(Number.isNaN)).toBe(true)
})

test('a VF counts while nvme or a guest has it, and not before', async () => {
  const machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '1')
  await machine.virt(8, 1, 0, 4)
  await machine.virt(8, 1, 1, 3)
  await machine.virt(9, 1)
  await machine.clock.advance(60_000)
  await machine.write(`${DEVICES}/0000:01:00.1/driver_override`, 'vfio-pci')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.1')
  const names = [0, 1, 2, 3].map((vector) => `vfio-msix[${vector}](0000:01:00.1)`)
  const counters = await machine.machine.kernel.openCounters([
    { kind: 'interrupts', names },
  ])

  await counters.read()
  const idle = [...counters.values]
  const release = machine.machine.holdVfioGroup(9, 'qemu')
  await machine.clock.advance(1_000)
  await counters.read()
  const held = [...counters.values]
  release()

  expect(idle.every(Number.isNaN)).toBe(true)
  expect(held[1]).toBeGreaterThan(100)
  expect(held[2]).toBeGreaterThan(100)
  expect(held[3], '3 VI are 3 vectors').toBeNaN()
})

test('SMART counts what the queues completed', async () => {
  const machine = await labMachine()
  await machine.clock.advance(3_600_000 * 2 + 1)

  const smart = {
    opcode: 0x02,
    nsid: 0xffffffff,
    cdw10: 127 * 65536 + 0x02,
    dataInLength: 512,
  }
  const page = Buffer.from((await machine.admin('/dev/nvme1', smart)).data)
  const stat = (await machine.read('/sys/block/nvme1n1/stat'))
    .trim()
    .split(/\s+/)
    .map(Number)

  expect(page.readUInt16LE(1)).toBe(323)
  expect(Number(page.readBigUInt64LE(64))).toBe(stat[0])
  expect(Number(page.readBigUInt64LE(80))).toBe(stat[4])
  expect(Number(page.readBigUInt64LE(32))).toBe(Math.ceil(((stat[2] ?? 0) * 512) / 512_000))
  expect(Number(page.readBigUInt64LE(128)), 'power on hours').toBe(2)
})
