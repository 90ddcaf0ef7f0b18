/** What is no whole HTTP request never reaches a route: it is answered on the bare socket, as a problem all the same. */
import type { Socket } from 'node:net'
import { answerBare } from './bare-answer.ts'
import type { InFlight } from './in-flight.ts'
import type { DoorTrouble } from './problem.ts'

/** Of Node's server: for the head, and for the whole of a request. How long an answer may take is another matter. */
export const READ_WITHIN_MS = { head: 20_000, request: 30_000 } as const
/** Between two looks for requests that take longer. */
export const LOOK_EVERY_MS = 2_000

export function refuseUnreadable(inFlight: InFlight) {
  return (error: Error & { readonly code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable || inFlight.answerBegun(socket)) {
      socket.destroy()
      return
    }
    answerBare(socket, troubleOf(error.code))
  }
}

/** Source: Node lib/_http_server.js, socketOnError. */
function troubleOf(code: string | undefined): DoorTrouble {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { kind: 'request-timeout' }
  if (code === 'HPE_HEADER_OVERFLOW') return { kind: 'head-too-large' }
  return { kind: 'malformed', reason: 'this is not an HTTP request' }
}
