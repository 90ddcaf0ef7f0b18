/** Finds readers that are gone without a close: who does not answer a ping until the next one is dropped. */
import type { WebSocket } from '@fastify/websocket'
import type { Clock } from '../../clock.ts'

const PING_EVERY_MS = 30_000

export function keepAlive(socket: WebSocket, clock: Clock): void {
  let answered = true
  socket.on('pong', () => {
    answered = true
  })
  const stop = clock.every(PING_EVERY_MS, () => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  })
  socket.once('close', stop)
}
