/** The product's door with nothing but its telemetry route, and hosts that tick when they are told to. */
import type { Socket } from 'node:net'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fastify } from 'fastify'
import { SYSTEM } from '../../src/access/caller.ts'
import { ProblemShape } from '../../src/api/shapes/problem.ts'
import { telemetryRoute, webSockets } from '../../src/api/socket/telemetry-route.ts'
import { systemClock } from '../../src/clock.ts'
import { pacedTelemetry } from './paced-telemetry.ts'
import { portOf } from './port-of.ts'
import type { BenchServer, ServerSize } from './server.ts'

export async function product({ functions, queues }: ServerSize): Promise<BenchServer> {
  const telemetry = pacedTelemetry(functions, queues)
  const app = fastify().withTypeProvider<TypeBoxTypeProvider>()
  const streams = new Set<Socket>()
  await webSockets(app, systemClock)
  app.decorateRequest('caller')
  app.addHook('onRequest', async (request) => {
    request.caller = SYSTEM
  })
  app.addSchema(ProblemShape)
  telemetryRoute(app, { telemetry, clock: systemClock, metrics: { dropped: () => {} } })
  app.server.on('connection', (stream) => streams.add(stream))
  await app.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
  return { port: portOf(app.server), tick: telemetry.tick, streams: () => streams }
}
