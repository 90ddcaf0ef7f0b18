/**
 * An open socket needs nothing of the request that it was. Left to itself it holds on to the request, its reply and all
 * they refer to, a third of what an idle subscriber costs: Node through the response that it is assigned to, and
 * @fastify/websocket through its listener for errors.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { WebSocket } from '@fastify/websocket'

/** Before the upgrade, once no answer of HTTP can come any more. */
export function letGoOfResponse(response: ServerResponse, stream: Socket): void {
  response.detachSocket(stream)
}

/** What goes wrong on a socket is its client's doing, as with the listener that this replaces. */
export function letGoOfRequest(socket: WebSocket): void {
  socket.removeAllListeners('error')
  socket.on('error', terminate)
}

function terminate(this: WebSocket): void {
  this.terminate()
}
