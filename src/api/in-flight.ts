/** Requests that have come and are not answered yet: a stop waits for them. Upgraded sockets are not among them. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

export class InFlight {
  readonly #responses = new Set<ServerResponse>()

  watch(server: Server): void {
    server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
      this.#responses.add(response)
      response.once('close', () => this.#responses.delete(response))
    })
  }

  /** Resolves when those that are in flight now are answered, or their clients gone. */
  async answered(): Promise<void> {
    const closed = [...this.#responses].map(
      (response) => new Promise((resolve) => response.once('close', resolve))
    )
    await Promise.all(closed)
  }

  /** Whether an answer has begun on that socket: nothing else may be said there. */
  answerBegun(socket: Duplex): boolean {
    return [...this.#responses].some(
      (response) => response.socket === socket && response.headersSent
    )
  }
}
