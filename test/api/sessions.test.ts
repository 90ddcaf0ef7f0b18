/** Who is gone is found by pings, and who only does not read for a minute is not taken for gone. */
import { once } from 'node:events'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fastify } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import WebSocket from 'ws'
import { SYSTEM } from '../../src/access/caller.ts'
import { ProblemShape } from '../../src/api/shapes/problem.ts'
import { MOST_UNANSWERED, PING_EVERY_MS } from '../../src/api/socket/sessions.ts'
import { telemetryRoute, webSockets } from '../../src/api/socket/telemetry-route.ts'
import { eventually } from '../support/eventually.ts'
import { watchedHost } from '../telemetry/watched-host.ts'

async function door() {
  const { clock, telemetry } = await watchedHost()
  const app = fastify().withTypeProvider<TypeBoxTypeProvider>()
  await webSockets(app, clock)
  app.decorateRequest('caller')
  app.addHook('onRequest', async (request) => {
    request.caller = SYSTEM
  })
  app.addSchema(ProblemShape)
  telemetryRoute(app, { telemetry, clock, metrics: { dropped: () => {} } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    for (const client of app.websocketServer.clients) client.terminate()
    await app.close()
  })
  return { clock, url: `${url.replace('http', 'ws')}/v1/telemetry` }
}

async function client(url: string, autoPong: boolean) {
  const socket = new WebSocket(url, { autoPong })
  let pings = 0
  socket.on('ping', () => (pings += 1))
  await once(socket, 'open')
  return {
    socket,
    pinged: (times: number) =>
      eventually(`ping ${times}`, () => (pings === times ? true : undefined)),
    /** What was sent before has been read by then. */
    heard: async () => {
      socket.send(JSON.stringify({ type: 'unsubscribe', id: 'nothing' }))
      await once(socket, 'message')
    },
  }
}

test('who answers stays, and who answers no ping is let go of after three', async () => {
  const { clock, url } = await door()
  const [alive, deaf] = [await client(url, true), await client(url, false)]

  for (let beat = 1; beat <= MOST_UNANSWERED; beat++) {
    await clock.advance(PING_EVERY_MS)
    await alive.pinged(beat)
    await deaf.pinged(beat)
    await alive.heard()
  }
  const stillThere = deaf.socket.readyState
  await clock.advance(PING_EVERY_MS)
  await once(deaf.socket, 'close')

  await alive.pinged(MOST_UNANSWERED + 1)
  expect(stillThere).toBe(WebSocket.OPEN)
  expect(alive.socket.readyState).toBe(WebSocket.OPEN)
})

test('who answers again after a minute begins anew', async () => {
  const { clock, url } = await door()
  const late = await client(url, false)

  for (let beat = 1; beat <= MOST_UNANSWERED; beat++) {
    await clock.advance(PING_EVERY_MS)
    await late.pinged(beat)
  }
  late.socket.pong()
  await late.heard()
  await clock.advance(PING_EVERY_MS)
  await late.pinged(MOST_UNANSWERED + 1)
  await late.heard()

  expect(late.socket.readyState).toBe(WebSocket.OPEN)
})
