/** Memory of a subscriber that waits: of 4,000 with a subscription each, on a server that has just begun. */
import { compare, type Contender } from '../support/rounds.ts'
import {
  programs,
  serverProcess,
  webSocketCrowd,
  type Programs,
  type ServerKind,
} from './crowd.ts'
import { serve } from './server.ts'

const SIZE = { subscribers: 4000, functions: 1, queues: 16 }
/** Enough to have run all code that a subscription takes. */
const FIRST = { ...SIZE, subscribers: 200 }

/**
 * The young generation of the heap grows with the garbage of many handshakes, to 32 MiB, however few they were who stayed:
 * it is kept small, so that what is measured is what stays.
 */
const FLAGS = ['--expose-gc', '--max-semi-space-size=1']

const [, , role, ...words] = process.argv
if (role === 'serve') await serve(words)
else await measure()

async function measure(): Promise<void> {
  const c = programs()
  try {
    await compare({
      scenario: 'telemetry-idle-memory',
      params: SIZE,
      unit: 'bytes resident per subscriber',
      product: holding('the telemetry route', 'product', c),
      peers: [
        { ...holding('ws, with the same subscription', 'ws', c), goal: 1.15 },
        {
          ...holding('@fastify/websocket’s handler', 'fastify', c),
          goal: 0.75,
        },
      ],
    })
  } finally {
    c.remove()
  }
}

function holding(name: string, kind: ServerKind, c: Programs): Contender {
  return {
    name,
    round: async () => {
      const server = serverProcess(kind, SIZE, FLAGS)
      const first = await webSocketCrowd(server, FIRST, c)
      const before = Number(await server.ask('memory'))
      const crowd = await webSocketCrowd(server, SIZE, c)
      const after = Number(await server.ask('memory'))
      first.end()
      crowd.end()
      return (after - before) / SIZE.subscribers
    },
  }
}
