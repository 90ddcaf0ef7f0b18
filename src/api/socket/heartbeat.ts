/** Finds readers that are gone without a close: who does not answer a ping until the next one is dropped. */
import type { WebSocket } from '@fastify/websocket'
import type { Clock } from '../../clock.ts'

const PING_EVERY_MS = 30_000

/** One timer for all sockets: a thousand idle ones have none of their own. */
export class Heartbeat {
  readonly #clock: Clock
  readonly #sockets = new Set<WebSocket>()
  readonly #silent = new WeakSet<WebSocket>()
  #stop: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  watch(socket: WebSocket): void {
    this.#sockets.add(socket)
    this.#stop ??= this.#clock.every(PING_EVERY_MS, () => this.#beat())
    socket.on('pong', () => this.#silent.delete(socket))
    socket.once('close', () => this.#forget(socket))
  }

  #beat(): void {
    for (const socket of this.#sockets) {
      if (this.#silent.has(socket)) {
        socket.terminate()
        continue
      }
      this.#silent.add(socket)
      socket.ping()
    }
  }

  #forget(socket: WebSocket): void {
    this.#sockets.delete(socket)
    if (this.#sockets.size > 0) return
    this.#stop?.()
    this.#stop = undefined
  }
}
