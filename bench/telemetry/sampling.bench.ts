/**
 * Processor time of reading counters as a watch reads them: many files by kept descriptors, and the statistics of all disks
 * of this machine, next to the same numbers by reads of kept descriptors and parsing in C; and next to what node_exporter
 * takes for a number of its disk statistics, which it opens, reads and prints for each scrape.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openCounterFiles } from '../../src/kernel/counter-files.ts'
import { BLOCK_STAT, BLOCK_STAT_LENGTH } from '../../src/kernel/counters.ts'
import { compileC, peerProcess } from '../support/peer-process.ts'
import { compare, type Contender } from '../support/rounds.ts'
import { nodeExporter } from './node-exporter.ts'

const FILES = 1_000
/** Reads of a round. */
const READS = 40_000
const SCRAPES = 200

const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-bench-'))
const program = compileC(path.join(import.meta.dirname, 'counter-files.c'), folder)
const disks = readdirSync('/sys/block').map((disk) => `/sys/block/${disk}/stat`)
const exporter = await nodeExporter()
try {
  const file = busiestDisk()
  const files = await sampled(Array.from({ length: FILES }, () => file))
  const all = await sampled(disks)
  await compare({
    scenario: 'sampling-files-against-c',
    params: { files: FILES, numbersOfEach: BLOCK_STAT_LENGTH, file },
    unit: 'ns of CPU per file',
    product: { name: 'sampler', round: files.own },
    peers: [{ name: 'C, pread and parse', goal: 1.25, round: files.c }],
  })
  await compare({
    scenario: 'sampling-disks-against-c',
    params: { disks: disks.length, numbersOfEach: BLOCK_STAT_LENGTH },
    unit: 'ns of CPU per disk',
    product: { name: 'sampler', round: all.own },
    peers: [{ name: 'C, pread and parse of each', goal: 1.25, round: all.c }],
  })
  await compare({
    scenario: 'sampling-against-node-exporter',
    params: { disks: disks.length, numbersOfEach: BLOCK_STAT_LENGTH, scrapes: SCRAPES },
    unit: 'ns of CPU per number',
    product: {
      name: 'sampler',
      round: async () => (await all.own()) / BLOCK_STAT_LENGTH,
    },
    peers: [
      {
        name: 'node_exporter, disk statistics alone',
        goal: 1 / 15,
        round: () => exporter.nsPerNumber(SCRAPES),
      },
    ],
  })
  await files.end()
  await all.end()
} finally {
  exporter.end()
  rmSync(folder, { recursive: true })
}

type Sampled = {
  readonly [who in 'own' | 'c']: Contender['round']
} & { readonly end: () => Promise<void> }

/** Both have the same numbers. @returns ns of CPU for each of these files */
async function sampled(stats: readonly string[]): Promise<Sampled> {
  const times = Math.ceil(READS / stats.length)
  const reader = openCounterFiles(stats.map((stat) => ({ kind: 'blockStat', path: stat })))
  const c = peerProcess(program, [String(BLOCK_STAT_LENGTH), ...stats])
  const read = async () => {
    await reader.read()
    return [...reader.values]
  }
  const before = await read()
  await c.ask('read 1')
  agree(before, (await c.ask('dump')).split(' ').map(Number), await read())
  return {
    own: async () => {
      const begun = process.cpuUsage()
      for (let time = 0; time < times; time++) await reader.read()
      const { user, system } = process.cpuUsage(begun)
      return ((user + system) * 1000) / times / stats.length
    },
    c: async () => Number(await c.ask(`read ${times}`)) / times / stats.length,
    end: async () => {
      c.end()
      await reader.close()
    },
  }
}

/** Whose numbers have most digits to be parsed. */
function busiestDisk(): string {
  const [busiest] = disks.toSorted((one, other) => digits(other) - digits(one))
  if (busiest === undefined) throw new Error('there is no block device to be sampled')
  return busiest
}

function digits(stat: string): number {
  return readFileSync(stat, 'utf8').replace(/\D/g, '').length
}

/** @throws Error when the peer reads other numbers: those that only grow, between two reads of ours */
function agree(
  before: readonly number[],
  its: readonly number[],
  after: readonly number[]
): void {
  const agrees = its.every(
    (value, n) =>
      n % BLOCK_STAT_LENGTH === BLOCK_STAT.inFlight ||
      (before[n]! <= value && value <= after[n]!) // as many of each, or it is told
  )
  if (its.length !== before.length || !agrees)
    throw new Error(
      `C read ${its.join(' ')} between ${before.join(' ')} and ${after.join(' ')}`
    )
}
