/**
 * Who asks. HTTP clients send `Authorization: Bearer TOKEN`. A browser cannot set that header on a WebSocket: it offers
 * the subprotocol `nvirt.token.TOKEN` besides `nvirt.telemetry.v1`, and only the latter is ever answered.
 */
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../access/caller.ts'
import type { ServerOptions } from './services.ts'

export const SUBPROTOCOL = 'nvirt.telemetry.v1'
const TOKEN_SUBPROTOCOL = 'nvirt.token.'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
  interface FastifyContextConfig {
    /** Answered without a token: nothing of the fleet is in it. */
    readonly open?: boolean
  }
}

/** Every route needs a caller, unless it says that it is open. */
export function authentication(authenticate: ServerOptions['authenticate']) {
  return function identify(request: FastifyRequest): void {
    if (request.is404 || request.routeOptions.config.open === true) return
    request.caller = authenticate(request.headers.authorization ?? offeredToken(request))
  }
}

function offeredToken(request: FastifyRequest): string | undefined {
  if (!request.ws) return undefined
  const offered = request.headers['sec-websocket-protocol']?.split(',') ?? []
  const token = offered
    .map((name) => name.trim())
    .find((name) => name.startsWith(TOKEN_SUBPROTOCOL))
  return token && `Bearer ${token.slice(TOKEN_SUBPROTOCOL.length)}`
}
