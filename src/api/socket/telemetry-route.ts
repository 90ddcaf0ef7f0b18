import websocket from '@fastify/websocket'
import { Type } from 'typebox'
import type { Clock } from '../../clock.ts'
import { problems } from '../answers.ts'
import type { App } from '../app.ts'
import { SUBPROTOCOL } from '../authentication.ts'
import { answerBare } from '../bare-answer.ts'
import { DoorError } from '../error-handler.ts'
import { query } from '../paging.ts'
import type { ServerOptions } from '../services.ts'
import { Channels } from './channels.ts'
import { keepOfferIfAsked, PER_MESSAGE_DEFLATE } from './compression.ts'
import { letGoOfRequest, letGoOfResponse } from './let-go.ts'
import { TelemetrySession } from './session.ts'
import { Sessions } from './sessions.ts'

const MESSAGE_LIMIT_BYTES = 64 * 1024
/** Close code of a server that goes away. Source: RFC 6455, "Defined Status Codes". */
const GOING_AWAY = 1001
/** For the close handshake; a reader that hangs must not hold up the stop. */
const CLOSE_WITHIN_MS = 500

const telemetryQuery = query({
  compress: Type.Optional(
    Type.Literal('true', {
      description:
        'Frames are compressed, for a client that offers permessage-deflate in its handshake: once for all who get them',
    })
  ),
})

export async function webSockets(app: App, clock: Clock): Promise<void> {
  await app.register(websocket, {
    options: {
      maxPayload: MESSAGE_LIMIT_BYTES,
      perMessageDeflate: PER_MESSAGE_DEFLATE,
      // Never the one with the token, which would echo it.
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    },
    preClose(done) {
      for (const client of this.websocketServer.clients) {
        client.close(GOING_AWAY, 'the service is stopping')
        clock.after(CLOSE_WITHIN_MS, () => client.terminate())
      }
      done()
    },
  })
  app.websocketServer.on('wsClientError', ({ message: reason }, socket) =>
    answerBare(socket, { kind: 'malformed', reason }, { 'Sec-WebSocket-Version': '13' })
  )
}

export type SocketOptions = Pick<ServerOptions, 'telemetry' | 'clock'> & {
  readonly metrics: Pick<ServerOptions['metrics'], 'dropped'>
}

export function telemetryRoute(
  app: App,
  { telemetry, clock, metrics }: SocketOptions
): void {
  const channels = new Channels(telemetry, (frames) => metrics.dropped(frames))
  const sessions = new Sessions(clock)
  const onBug = (bug: unknown, requestId: string) =>
    app.log.error({ err: bug, reqId: requestId }, 'telemetry session')
  const door = { telemetry, channels, onBug }
  app.route({
    method: 'GET',
    url: '/v1/telemetry',
    schema: {
      operationId: 'streamTelemetry',
      summary: 'Stream telemetry',
      description:
        'A WebSocket that speaks nvirt.telemetry.v1, which asyncapi.yaml describes: JSON messages, and frames as JSON or as binary columns. Send `{"type":"subscribe","id":"a","hostIds":[…],"periodMs":1000}`; the answer is `subscribed` with a channel, and a `frame` of that channel follows for each function and period. A reader that is too slow gets the newest frame of each function, and `missed` tells how many were left out before it. Browsers, which cannot set a header here, offer the subprotocols `nvirt.telemetry.v1` and `nvirt.token.` followed by the token.',
      tags: ['telemetry'],
      querystring: telemetryQuery,
      response: {
        101: { description: 'The socket is open', type: 'null' },
        ...problems(426),
      },
    },
    handler: async () => {
      throw new DoorError({ kind: 'upgrade-required' })
    },
    preHandler: async (request, reply) => {
      if (!request.ws) return
      keepOfferIfAsked(request.query.compress === 'true', request.raw)
      letGoOfResponse(reply.raw, request.raw.socket)
    },
    wsHandler: (socket, request) => {
      const { caller, id: requestId } = request
      letGoOfRequest(socket)
      const client = { socket, stream: request.raw.socket, caller, requestId }
      sessions.begin(socket, new TelemetrySession(door, client))
    },
  })
}
