/** 320,000 queues as a fleet has them: hosts of 64 VFs with four I/O queues each, and a quarter with each kind of load. */
import { writeFileSync } from 'node:fs'
import type { Columns } from '../../src/emulator/load/columns.ts'
import { functionLoad } from '../../src/emulator/load/function-load.ts'
import type { FunctionLoad } from '../../src/emulator/load/function-load.ts'
import type { LoadDescription } from '../../src/emulator/load/load-description.ts'
import { QueueLoad } from '../../src/emulator/load/queue-load.ts'

export const HOSTS = 1_250
export const FUNCTIONS = 64
export const QUEUES = 4
export const ALL_QUEUES = HOSTS * FUNCTIONS * QUEUES
export const LIMIT = 1023

const service = { serviceMicroseconds: 80, parallelism: 16 }
const burst = { everyMs: 5_000, forMs: 500, factor: 8 }
const LOADS: readonly LoadDescription[] = [
  { iops: 25_000, latencyUs: 120 },
  { arrivalsPerSecond: 150_000, ...service },
  { arrivalsPerSecond: 40_000, ...service, burst },
  { depth: 32, serviceMicroseconds: 90, parallelism: 64 },
]

export function loadOf(host: number, fn: number): FunctionLoad {
  return functionLoad(LOADS[fn % LOADS.length]!, QUEUES, LIMIT, host * FUNCTIONS + fn) // within its length
}

/** A table for each host, as emulated hosts have them. */
export function tables(): readonly QueueLoad[] {
  return Array.from({ length: HOSTS }, (_, host) => {
    const table = new QueueLoad(LIMIT)
    for (let fn = 0; fn < FUNCTIONS; fn++) table.enter(loadOf(host, fn))
    return table
  })
}

const OF_FUNCTIONS = [
  'queueCount',
  'functionSeed',
  'latency',
  'swing',
  'noise',
  'isInBursts',
] as const
const OF_QUEUES = ['seed', 'rate', 'fixed', 'weighedMs'] as const

/** What queue-load.c reads: all tables as one. */
export function writeColumns(file: string, hosts: readonly QueueLoad[]): void {
  const perHost = FUNCTIONS * QUEUES
  const column = (of: (columns: Columns, host: number) => ArrayBufferView) =>
    hosts.map((table, host) => bytesOf(of(table.columns, host)))
  const parts = [
    bytesOf(BigUint64Array.of(BigInt(HOSTS * FUNCTIONS), BigInt(ALL_QUEUES))),
    ...column(({ firstQueue }, host) =>
      firstQueue.slice(0, FUNCTIONS).map((first) => first + host * perHost)
    ),
    ...OF_FUNCTIONS.flatMap((name) =>
      column((columns) => columns[name].subarray(0, FUNCTIONS))
    ),
    ...column(({ bursts }) => bursts),
    ...OF_QUEUES.flatMap((name) => column((columns) => columns[name].subarray(0, perHost))),
  ]
  writeFileSync(file, Buffer.concat(parts))
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength) // these are not shared
}
