/** The two ends side by side: one queue of 32 at 600 MB/s, and NVMe's queues, which go on. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  inFlightAt,
  servedUntil,
  settledLoad,
} from '../../../src/emulator/ahci/disk-load.ts'
import { BLOCK_STAT, BLOCK_STAT_LENGTH } from '../../../src/kernel/counters.ts'
import type { CounterSource } from '../../../src/kernel/counters.ts'
import { testMachine } from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'
import { AHCI, sataHost } from './sata-host.ts'

const seed = Number(process.env['AHCI_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
process.stdout.write(`ahci: seed ${seed}\n`)

const QUEUES = 8
const SECONDS = 60
const SATA: readonly CounterSource[] = [
  { kind: 'blockStat', path: '/sys/block/sdb/stat' },
  { kind: 'tagsBusy', path: '/sys/kernel/debug/block/sdb/hctx0/tags' },
  { kind: 'interrupts', names: [`ahci[${AHCI}]`] },
]
const NVME: readonly CounterSource[] = [
  { kind: 'blockStat', path: '/sys/block/nvme0n1/stat' },
  ...Array.from({ length: QUEUES }, (_, q) => ({
    kind: 'tagsBusy' as const,
    path: `/sys/kernel/debug/block/nvme0n1/hctx${q}/tags`,
  })),
]

async function after(machine: TestMachine, sources: readonly CounterSource[]) {
  const counters = await machine.machine.kernel.openCounters(sources)
  await counters.read()
  return Array.from(counters.values)
}

function bytesPerSecond(stat: readonly number[]): number {
  const sectors = (stat[BLOCK_STAT.readSectors] ?? 0) + (stat[BLOCK_STAT.writeSectors] ?? 0)
  return (sectors * 512) / SECONDS
}

test('its one queue is full at 32 and its link at 600 MB/s, while a drive of the same latency goes on', async () => {
  const machine = await testMachine(sataHost())
  await machine.clock.advance(SECONDS * 1000)

  const sata = await after(machine, SATA)
  const nvme = await after(machine, NVME)

  expect(sata[BLOCK_STAT.inFlight]).toBe(32)
  expect(sata[BLOCK_STAT_LENGTH], 'tags').toBe(32)
  expect(bytesPerSecond(sata) / 600e6).toBeGreaterThan(0.999)
  expect(bytesPerSecond(sata) / 600e6).toBeLessThanOrEqual(1)
  const depths = nvme.slice(BLOCK_STAT_LENGTH)
  expect(depths).toHaveLength(QUEUES)
  expect(depths.reduce((sum, depth) => sum + depth, 0)).toBeGreaterThan(32)
  expect(bytesPerSecond(nvme)).toBeGreaterThan(5 * 600e6)
})

test('the numbers are those that the files print at the same instant', async () => {
  const machine = await testMachine(sataHost())

  for (const step of [0, 1, 777, 60_000]) {
    await machine.clock.advance(step)
    const numbers = await after(machine, SATA)
    const stat = (await machine.read('/sys/block/sdb/stat')).trim().split(/\s+/).map(Number)
    const tags = await machine.read('/sys/kernel/debug/block/sdb/hctx0/tags')
    const inFlight = (await machine.read('/sys/block/sdb/inflight')).trim().split(/\s+/)
    const line = (await machine.read('/proc/interrupts'))
      .split('\n')
      .find((one) => one.endsWith(` ahci[${AHCI}]`))
    const busy = Number(/^busy=(\d+)$/m.exec(tags)?.[1])
    const count = Number(line?.trim().split(/\s+/)[1])

    expect(numbers, `${step} ms on`).toEqual([
      ...stat.slice(0, BLOCK_STAT_LENGTH),
      busy,
      count,
    ])
    expect(inFlight.reduce((sum, one) => sum + Number(one), 0)).toBe(busy)
    expect(count).toBe((stat[BLOCK_STAT.readIos] ?? 0) + (stat[BLOCK_STAT.writeIos] ?? 0))
  }
})

test('whatever is asked of it, it stays within its bounds and obeys Little', () => {
  const load = fc.record({
    iops: fc.double({ min: 1000, max: 1e6, noNaN: true }),
    latencyUs: fc.double({ min: 20, max: 10_000, noNaN: true }),
  })

  fc.assert(
    fc.property(load, fc.nat(), (asked, own) => {
      const settled = settledLoad(asked, own)
      const ms = 20_000
      const { reads, writes } = servedUntil(settled, ms)
      const depths = Array.from({ length: ms }, (_, at) => inFlightAt(settled, at))
      const mean = depths.reduce((sum, depth) => sum + depth, 0) / ms
      const expected = ((reads + writes) / ms) * settled.latencyMs

      expect(Math.max(...depths)).toBeLessThanOrEqual(32)
      expect((reads * 4096 + writes * 16_384) / (ms / 1000)).toBeLessThanOrEqual(600e6)
      expect(reads + writes).toBeLessThanOrEqual((asked.iops * ms) / 1000)
      expect(settled.latencyMs).toBeGreaterThanOrEqual(asked.latencyUs / 1000)
      expect(Math.abs(mean - expected)).toBeLessThanOrEqual(0.05 * expected + 0.02)
    }),
    { numRuns: 60, seed }
  )
})
