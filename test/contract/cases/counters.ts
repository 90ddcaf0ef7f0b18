/** Counters as numbers say what the files say. */
import assert from 'node:assert/strict'
import { eventually } from '../../support/eventually.ts'
import type { CounterSource } from '../../../src/kernel/counters.ts'
import { names, read, write } from '../asking.ts'
import { bindTo, controllerOf, driverFile, functionAt } from '../machine.ts'
import { provision } from '../nvme-asking.ts'
import type { ContractCase, KernelWorld } from '../world.ts'

const BLOCK_STAT_NUMBERS = 11
/** Requests in flight: the one that does not only grow. */
const IN_FLIGHT = 8

export const COUNTER_CASES: readonly ContractCase[] = [
  {
    name: 'counters lie between what the files say before and after',
    vfs: 2,
    run: async (world, [vf = '']) => {
      const { name, disk } = await boundVf(world, vf)
      const sources: readonly CounterSource[] = [
        { kind: 'blockStat', path: statOf(disk) },
        { kind: 'interrupts', names: [`${name}q0`, `${name}q1`, `${name}q2`] },
      ]
      const reader = await world.kernel.openCounters(sources)

      const before = await textsOf(world, name, disk)
      await reader.read()
      const after = await textsOf(world, name, disk)

      assert.equal(reader.values.length, BLOCK_STAT_NUMBERS + 3)
      for (const [n, value] of reader.values.entries()) {
        if (n === IN_FLIGHT) continue
        const [low = NaN, high = NaN] = [before[n], after[n]]
        assert.ok(low <= value && value <= high, `${n}: ${low} <= ${value} <= ${high}`)
      }
      assert.ok(
        (reader.values[BLOCK_STAT_NUMBERS] ?? 0) > 0,
        'starting took admin commands'
      )
      await reader.close()
    },
  },
  {
    name: 'counters of all disks together lie between what the files of each say',
    vfs: 2,
    run: async (world, [vf = '']) => {
      await boundVf(world, vf)
      const disks = await names(world, '/sys/block')
      assert.ok(disks.length >= 4, `so many that one table tells them: ${disks.join()}`)
      const reader = await world.kernel.openCounters(
        disks.map((disk) => ({ kind: 'blockStat', path: statOf(disk) }) as const)
      )

      const before = await statsOf(world, disks)
      await reader.read()
      const after = await statsOf(world, disks)

      for (const [n, value] of reader.values.entries()) {
        if (n % BLOCK_STAT_NUMBERS === IN_FLIGHT) continue
        const [low = NaN, high = NaN] = [before[n], after[n]]
        const disk = disks[Math.floor(n / BLOCK_STAT_NUMBERS)]
        assert.ok(low <= value && value <= high, `${disk}: ${low} <= ${value} <= ${high}`)
      }
      await reader.close()
    },
  },
  {
    name: 'each hardware queue has its busy tags, a number that is small and not negative',
    vfs: 2,
    run: async (world, [vf = '']) => {
      const { disk } = await boundVf(world, vf)
      const queues = (await names(world, debugOf(disk))).filter((name) =>
        /^hctx\d+$/.test(name)
      )
      const tags = queues.map((queue) => `${debugOf(disk)}/${queue}/tags`)
      const reader = await world.kernel.openCounters(
        tags.map((path) => ({ kind: 'tagsBusy', path }) as const)
      )

      await reader.read()

      assert.equal(queues.length, 2, 'two I/O queues for three vectors')
      for (const busy of reader.values) assert.ok(busy >= 0 && busy < 1024, String(busy))
      for (const path of tags) assert.match(await read(world, path), /\nbusy=\d+\n/)
      await reader.close()
    },
  },
  {
    name: 'what goes is not observed, what comes is',
    vfs: 2,
    run: async (world, [vf = '']) => {
      const { name, disk } = await boundVf(world, vf)
      const reader = await world.kernel.openCounters([
        { kind: 'blockStat', path: statOf(disk) },
        { kind: 'tagsBusy', path: `${debugOf(disk)}/hctx0/tags` },
        { kind: 'interrupts', names: [`${name}q1`] },
        { kind: 'blockStat', path: '/sys/block/nvme77n1/stat' },
      ])
      const observed = () => [...reader.values].map((value) => !Number.isNaN(value))
      const here = Array.from({ length: BLOCK_STAT_NUMBERS + 2 }, () => true)
      const never = Array.from({ length: BLOCK_STAT_NUMBERS }, () => false)

      await reader.read()
      assert.deepEqual(observed(), [...here, ...never])
      await write(world, driverFile('nvme', 'unbind'), vf)
      await reader.read()
      assert.ok(observed().every((is) => !is))
      await reader.close()
    },
  },
]

/** A VF with two I/O queues on nvme, its controller and its one disk that counts. */
async function boundVf(world: KernelWorld, vf: string) {
  await provision(world, 1)
  await bindTo(world, vf, 'nvme')
  const name = await controllerOf(world, vf)
  const disk = await eventually('the VF has a disk', async () =>
    (await names(world, `${functionAt(vf)}/nvme/${name}`)).find((entry) =>
      /^nvme\d+(c\d+)?n\d+$/.test(entry)
    )
  )
  return { name, disk }
}

const statOf = (disk: string) => `/sys/block/${disk}/stat`
const debugOf = (disk: string) => `/sys/kernel/debug/block/${disk}`

/** What the text files say, in the order of the sources. */
async function textsOf(
  world: KernelWorld,
  name: string,
  disk: string
): Promise<readonly number[]> {
  const stat = await statsOf(world, [disk])
  const interrupts = await read(world, '/proc/interrupts')
  const queues = [`${name}q0`, `${name}q1`, `${name}q2`].map((queue) =>
    sumOf(interrupts, queue)
  )
  return [...stat, ...queues]
}

async function statsOf(world: KernelWorld, disks: readonly string[]) {
  const texts = await Promise.all(disks.map((disk) => read(world, statOf(disk))))
  return texts.flatMap((text) =>
    text.trim().split(/\s+/).map(Number).slice(0, BLOCK_STAT_NUMBERS)
  )
}

function sumOf(interrupts: string, name: string): number {
  const [header = '', ...lines] = interrupts.split('\n')
  const cpus = header.trim().split(/\s+/).length
  const line = lines.find((text) => text.endsWith(` ${name}`)) ?? ''
  const counts = line
    .trim()
    .split(/\s+/)
    .slice(1, cpus + 1)
  return counts.map(Number).reduce((sum, count) => sum + count, 0)
}
