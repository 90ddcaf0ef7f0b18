/**
 * A server with subscribers, as a process of its own. Answers a line with a line:
 *
 * `port`. `send TICKS [PERIOD-MS]`: ticks, one as soon as the one before has gone out to those who read, or by period; µs of CPU.
 * `memory`: resident bytes, after collecting garbage. `unsent`: the most bytes that ever waited for one client after a tick.
 */
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { ws, fastifyDefault } from './peer-servers.ts'
import { product } from './product-server.ts'

export type ServerSize = { readonly functions: number; readonly queues: number }

export type BenchServer = {
  readonly port: number
  readonly tick: () => void
  readonly streams: () => Iterable<Socket>
}

/** Sockets are never so full that the product would leave frames out: then it would do less than its peers. */
const ROOM_BYTES = 128 * 1024
/** Until nobody tells it anything. @param words KIND FUNCTIONS QUEUES */
export async function serve([
  kind = '',
  functions,
  queues,
]: readonly string[]): Promise<void> {
  const size = { functions: Number(functions), queues: Number(queues) }
  const server = await start(kind, size)
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await obey(server, line)
    process.stdout.write(`${answer}\n`)
  }
  process.exit(0)
}

async function obey(server: BenchServer, line: string): Promise<number> {
  const [command, ticks = '0', periodMs = '0'] = line.split(' ')
  if (command === 'port') return server.port
  if (command === 'send') return send(server, Number(ticks), Number(periodMs))
  return command === 'memory' ? resident() : unsentAtMost
}

function start(kind: string, size: ServerSize): Promise<BenchServer> {
  if (kind === 'product') return product(size)
  return kind === 'ws' ? ws(size) : fastifyDefault(size)
}

let unsentAtMost = 0

async function send(server: BenchServer, ticks: number, periodMs: number): Promise<number> {
  const begun = process.cpuUsage()
  const startedMs = performance.now()
  for (let tick = 1; tick <= ticks; tick++) {
    server.tick()
    await setImmediate()
    const unsent = mostUnsent(server)
    unsentAtMost = Math.max(unsentAtMost, unsent)
    if (periodMs > 0) await setTimeout(startedMs + tick * periodMs - performance.now())
    else if (unsent > ROOM_BYTES) await roomForMore(server)
  }
  const { user, system } = process.cpuUsage(begun)
  return user + system
}

async function roomForMore(server: BenchServer): Promise<void> {
  do await setTimeout(1)
  while (mostUnsent(server) > ROOM_BYTES)
}

function mostUnsent(server: BenchServer): number {
  let most = 0
  for (const { writableLength } of server.streams()) most = Math.max(most, writableLength)
  return most
}

function resident(): number {
  for (let time = 0; time < 3; time++) globalThis.gc?.()
  return process.memoryUsage.rss()
}
