/**
 * Processor time of reading counters: the sampler's kept descriptors next to the same reads and parsing in C, and next to
 * what node_exporter takes for a number of its disk statistics, which it opens, reads and prints for each scrape.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openCounterFiles } from '../../src/kernel/counter-files.ts'
import { BLOCK_STAT_LENGTH } from '../../src/kernel/counters.ts'
import { compileC, peerProcess, type PeerProcess } from '../support/peer-process.ts'
import { compare } from '../support/rounds.ts'
import { nodeExporter } from './node-exporter.ts'

const FILES = 1_000
const TIMES = 40
const SCRAPES = 200

const file = busiestDisk()
const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-bench-'))
const program = compileC(path.join(import.meta.dirname, 'counter-files.c'), folder)
const c = peerProcess(program, [file, String(FILES), String(BLOCK_STAT_LENGTH)])
const reader = openCounterFiles(
  Array.from({ length: FILES }, () => ({ kind: 'blockStat', path: file }) as const)
)
const exporter = await nodeExporter()
try {
  await agree(c)
  await compare({
    scenario: 'sampling-against-c',
    params: { files: FILES, numbersOfEach: BLOCK_STAT_LENGTH, file },
    unit: 'ns of CPU per file',
    product: { name: 'sampler', round: async () => (await own()) / TIMES / FILES },
    peers: [
      {
        name: 'C, pread and parse',
        goal: 1.25,
        round: async () => Number(await c.ask(`read ${TIMES}`)) / TIMES / FILES,
      },
    ],
  })
  await compare({
    scenario: 'sampling-against-node-exporter',
    params: { files: FILES, numbersOfEach: BLOCK_STAT_LENGTH, scrapes: SCRAPES },
    unit: 'ns of CPU per number',
    product: {
      name: 'sampler',
      round: async () => (await own()) / TIMES / FILES / BLOCK_STAT_LENGTH,
    },
    peers: [
      {
        name: 'node_exporter, disk statistics alone',
        goal: 1 / 15,
        round: () => exporter.nsPerNumber(SCRAPES),
      },
    ],
  })
} finally {
  c.end()
  exporter.end()
  await reader.close()
  rmSync(folder, { recursive: true })
}

/** ns of CPU of reading all files so many times. */
async function own(): Promise<number> {
  const begun = process.cpuUsage()
  for (let time = 0; time < TIMES; time++) await reader.read()
  const { user, system } = process.cpuUsage(begun)
  return (user + system) * 1000
}

/** Whose numbers have most digits to be parsed. */
function busiestDisk(): string {
  const files = readdirSync('/sys/block').map((disk) => `/sys/block/${disk}/stat`)
  const [busiest] = files.toSorted((one, other) => digits(other) - digits(one))
  if (busiest === undefined) throw new Error('there is no block device to be sampled')
  return busiest
}

function digits(stat: string): number {
  return readFileSync(stat, 'utf8').replace(/\D/g, '').length
}

/** @throws Error when the peer reads other numbers: those that only grow, between two reads of ours */
async function agree(peer: PeerProcess): Promise<void> {
  await reader.read()
  const before = reader.values.slice(-BLOCK_STAT_LENGTH)
  await peer.ask('read 1')
  const its = (await peer.ask('dump')).split(' ').map(Number)
  await reader.read()
  const after = reader.values.slice(-BLOCK_STAT_LENGTH)
  const IN_FLIGHT = 8
  const agrees = its.every(
    (value, n) => n === IN_FLIGHT || (before[n]! <= value && value <= after[n]!)
  )
  if (its.length !== BLOCK_STAT_LENGTH || !agrees)
    throw new Error(
      `C read ${its.join(' ')} between ${before.join(' ')} and ${after.join(' ')}`
    )
}
