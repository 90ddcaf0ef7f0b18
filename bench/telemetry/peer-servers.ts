/**
 * What people write: `ws` alone, and @fastify/websocket's handler. Each makes a frame once and sends that one buffer to every
 * subscriber, and keeps of each what a subscription takes: its id and what it asked for.
 */
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import websocket from '@fastify/websocket'
import type { WebSocket } from '@fastify/websocket'
import { fastify } from 'fastify'
import { WebSocketServer } from 'ws'
import { frameAsBinary } from '../../src/telemetry/frame-binary.ts'
import { selectMetrics } from '../../src/telemetry/selection.ts'
import { pacedTelemetry } from './paced-telemetry.ts'
import { portOf } from './port-of.ts'
import type { BenchServer, ServerSize } from './server.ts'

type Sender = Pick<WebSocket, 'send' | 'on'>

const SELECTION = selectMetrics()
const CHANNEL = 1
const EVERYTHING = { fleet: true, periodMs: 1000 }

export async function ws(size: ServerSize): Promise<BenchServer> {
  const http = createServer()
  const streams = streamsOf(http)
  const { join, tick } = await topic(size)
  new WebSocketServer({ server: http }).on('connection', join)
  await new Promise<void>((resolve) =>
    http.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, resolve)
  )
  return { port: portOf(http), tick, streams: () => streams }
}

export async function fastifyDefault(size: ServerSize): Promise<BenchServer> {
  const app = fastify()
  const { join, tick } = await topic(size)
  await app.register(websocket)
  app.get('/v1/telemetry', { websocket: true }, (socket) => join(socket))
  const streams = streamsOf(app.server)
  await app.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
  return { port: portOf(app.server), tick, streams: () => streams }
}

function streamsOf(server: ReturnType<typeof createServer>): Set<Socket> {
  const streams = new Set<Socket>()
  server.on('connection', (stream) => streams.add(stream))
  return streams
}

async function topic({ functions, queues }: ServerSize) {
  const telemetry = pacedTelemetry(functions, queues)
  const members = new Map<Sender, Map<string, unknown>>()
  await telemetry.subscribe(
    { actor: 'bench', tenant: 'default', roles: [] },
    EVERYTHING,
    (frame) => {
      const bytes = frameAsBinary(frame, SELECTION, CHANNEL).slice()
      for (const member of members.keys()) member.send(bytes, { binary: true })
    }
  )
  function join(socket: Sender): void {
    const subscriptions = new Map<string, unknown>()
    socket.on('message', (data: Buffer) => {
      const { id, ...wanted } = JSON.parse(data.toString()) as { readonly id: string }
      subscriptions.set(id, wanted)
      members.set(socket, subscriptions)
      socket.send(JSON.stringify({ type: 'subscribed', id, channel: CHANNEL }))
    })
    socket.on('close', () => members.delete(socket))
  }
  return { join, tick: telemetry.tick }
}
