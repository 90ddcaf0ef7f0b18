/**
 * All open telemetry sockets, each with its session. Listeners are one for all of them, and find the session of their
 * socket here: an idle client has no closure of its own.
 *
 * Pings tell who is gone without a close. Who reads nothing for a minute cannot see them either, but costs no more than its
 * outbox, and is kept.
 */
import type { WebSocket } from '@fastify/websocket'
import type { Clock } from '../../clock.ts'
import type { TelemetrySession } from './session.ts'

export const PING_EVERY_MS = 30_000
/** In a row: who answers none of them is gone, 90 to 120 s after its last sign of life. */
export const MOST_UNANSWERED = 3

/** Called by the socket, as its `this`. */
type Listener<Words extends readonly unknown[]> = (this: WebSocket, ...words: Words) => void

export class Sessions {
  readonly #clock: Clock
  readonly #open = new Map<WebSocket, TelemetrySession>()
  readonly #onMessage: Listener<[data: Buffer, isBinary: boolean]>
  readonly #onPong: Listener<[]>
  readonly #onClose: Listener<[]>
  #stop: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    const open = this.#open
    const end = (socket: WebSocket) => this.#end(socket)
    this.#onMessage = function (data, isBinary) {
      open.get(this)?.read(data, isBinary)
    }
    this.#onPong = function () {
      open.get(this)?.answered()
    }
    this.#onClose = function () {
      end(this)
    }
  }

  /** Until the socket closes. */
  begin(socket: WebSocket, session: TelemetrySession): void {
    this.#open.set(socket, session)
    this.#stop ??= this.#clock.every(PING_EVERY_MS, () => this.#beat())
    socket.on('message', this.#onMessage)
    socket.on('pong', this.#onPong)
    socket.on('close', this.#onClose)
  }

  /** One timer for all sockets: a thousand idle ones have none of their own. */
  #beat(): void {
    for (const [socket, session] of this.#open) {
      if (session.unanswered >= MOST_UNANSWERED) socket.terminate()
      else session.ping()
    }
  }

  #end(socket: WebSocket): void {
    this.#open.get(socket)?.end()
    this.#open.delete(socket)
    if (this.#open.size > 0) return
    this.#stop?.()
    this.#stop = undefined
  }
}
