/** A tick of 320,000 queues: the emulator's columns against the same loops in C, and against an object for each queue. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { QueueLoad } from '../../src/emulator/load/queue-load.ts'
import { compileC, peerProcess } from '../support/peer-process.ts'
import type { PeerProcess } from '../support/peer-process.ts'
import { compare } from '../support/rounds.ts'
import type { Peer } from '../support/rounds.ts'
import {
  ALL_QUEUES,
  FUNCTIONS,
  HOSTS,
  QUEUES,
  tables,
  writeColumns,
} from './fleet-of-queues.ts'

const STEP_MS = 1000
const START_MS = 3_600_000

const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-bench-'))
const hosts = tables()
const columns = path.join(folder, 'columns')
writeColumns(columns, hosts)
const c = peerProcess(compileC(path.join(import.meta.dirname, 'queue-load.c'), folder), [
  columns,
])
const values = objects('values')
const inPlace = objects('in-place')

try {
  for (const [name, peer] of Object.entries({ c, values, inPlace })) await agree(name, peer)
  await compare({
    scenario: 'emulator-tick',
    params: { queues: ALL_QUEUES, hosts: HOSTS, functions: FUNCTIONS, perFunction: QUEUES },
    unit: 'ns of CPU per queue and tick',
    product: { name: 'columns', round: async () => productRound(40) },
    peers: [
      { ...ticking('C, gcc -O3', c, 40), goal: 3.2 },
      {
        ...ticking('an object per queue, made anew by each tick', values, 2),
        goal: 1 / 20,
      },
      { ...ticking('an object per queue, changed in place', inPlace, 10), goal: 1 },
    ],
  })
} finally {
  for (const peer of [c, values, inPlace]) peer.end()
  rmSync(folder, { recursive: true })
}

function objects(kind: string): PeerProcess {
  const program = path.join(import.meta.dirname, 'queue-objects.ts')
  return peerProcess(process.execPath, ['--import', 'tsx', program, kind])
}

function productRound(ticks: number): number {
  const begun = process.cpuUsage()
  for (let i = 0; i < ticks; i++) advanceTo(START_MS + i * STEP_MS)
  const { user, system } = process.cpuUsage(begun)
  return ((user + system) * 1000) / ticks / ALL_QUEUES
}

function advanceTo(ms: number): void {
  for (const table of hosts) table.advanceTo(ms)
}

function ticking(name: string, peer: PeerProcess, ticks: number): Omit<Peer, 'goal'> {
  return {
    name,
    round: async () => {
      const ns = Number(await peer.ask(`tick ${ticks} ${START_MS} ${STEP_MS}`))
      return ns / ticks / ALL_QUEUES
    },
  }
}

/** A peer that does other work is no peer. The last bits of a sum may differ. */
async function agree(name: string, peer: PeerProcess): Promise<void> {
  const file = path.join(folder, name)
  for (const ms of [0, 7, 5_430, 86_400_000]) {
    await peer.ask(`tick 1 ${ms} 0`)
    await peer.ask(`dump ${file}`)
    advanceTo(ms)
    const { buffer, byteOffset } = readFileSync(file)
    const own = [column('completions'), column('inFlight'), column('latencyMs')]
    const its = [
      new Float64Array(buffer.slice(byteOffset, byteOffset + 8 * ALL_QUEUES)),
      new Uint16Array(
        buffer.slice(byteOffset + 8 * ALL_QUEUES, byteOffset + 10 * ALL_QUEUES)
      ),
      new Float64Array(
        buffer.slice(byteOffset + 10 * ALL_QUEUES, byteOffset + 18 * ALL_QUEUES)
      ),
    ]
    for (const [i, numbers] of own.entries())
      for (const [q, number] of numbers.entries())
        if (Math.abs(number - its[i]![q]!) > 1e-9 * Math.abs(number))
          throw new Error(`${name}: queue ${q} at ${ms} ms: ${its[i]![q]}, not ${number}`)
  }
}

function column(name: 'completions' | 'inFlight' | 'latencyMs'): number[] {
  const perHost = FUNCTIONS * QUEUES
  return hosts.flatMap((table: QueueLoad) => [...table.columns[name].subarray(0, perHost)])
}
