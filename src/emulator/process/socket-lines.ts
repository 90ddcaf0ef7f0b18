/** Lines of a socket, whatever pieces they come in. */
import type { Socket } from 'node:net'

export function onLines(socket: Socket, onLine: (line: string) => void): void {
  let unfinished = ''
  socket.setEncoding('utf8')
  socket.on('data', (piece) => {
    const lines = (unfinished + piece.toString()).split('\n')
    unfinished = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
}
