import websocket from '@fastify/websocket'
import type { Clock } from '../../clock.ts'
import { problems } from '../answers.ts'
import type { App } from '../app.ts'
import { SUBPROTOCOL } from '../authentication.ts'
import { answerBare } from '../bare-answer.ts'
import { DoorError } from '../error-handler.ts'
import type { ServerOptions } from '../services.ts'
import { keepAlive } from './heartbeat.ts'
import { TelemetrySession } from './session.ts'

const MESSAGE_LIMIT_BYTES = 64 * 1024
/** Close code of a server that goes away. Source: RFC 6455, "Defined Status Codes". */
const GOING_AWAY = 1001
/** For the close handshake; a reader that hangs must not hold up the stop. */
const CLOSE_WITHIN_MS = 500

export async function webSockets(app: App, clock: Clock): Promise<void> {
  await app.register(websocket, {
    options: {
      maxPayload: MESSAGE_LIMIT_BYTES,
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

export function telemetryRoute(app: App, { telemetry, clock }: ServerOptions): void {
  app.route({
    method: 'GET',
    url: '/v1/telemetry',
    schema: {
      operationId: 'streamTelemetry',
      summary: 'Stream telemetry',
      description:
        'A WebSocket that speaks JSON. Send `{"type":"subscribe","id":"a","hostIds":[…],"controllerIds":[…],"virtualFunctionIds":[…],"periodMs":1000}` and `{"type":"unsubscribe","id":"a"}`; the answers are `subscribed`, `unsubscribed`, `error` with a problem, and a `frame` for each function and period. A reader that is too slow gets the newest frame of each function, with `missed` telling how many were left out before it. Browsers, which cannot set a header here, offer the subprotocols `nvirt.v1` and `nvirt.token.` followed by the token.',
      tags: ['telemetry'],
      response: {
        101: { description: 'The socket is open', type: 'null' },
        ...problems(426),
      },
    },
    handler: async () => {
      throw new DoorError({ kind: 'upgrade-required' })
    },
    wsHandler: (socket, request) => {
      keepAlive(socket, clock)
      new TelemetrySession(socket, {
        telemetry,
        caller: request.caller,
        requestId: request.id,
        onBug: (bug) => request.log.error({ err: bug }, 'telemetry session'),
      }).run()
    },
  })
}
