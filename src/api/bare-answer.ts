/** A problem on a socket that has no HTTP response: its request could not be read, or asked for an upgrade. */
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { PROBLEM_TYPE } from './error-handler.ts'
import { problemOf } from './problem.ts'
import type { AnyTrouble } from './problem.ts'

/** The last that is said there. Node lets a client keep its own half open, for ever: hence the destroy. */
export function answerBare(
  socket: Duplex,
  trouble: AnyTrouble,
  headers: Readonly<Record<string, string>> = {}
): void {
  const problem = problemOf(trouble, randomUUID())
  const body = JSON.stringify(problem)
  const all = {
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  }
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    ...Object.entries(all).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end([...head, '', body].join('\r\n'), () => socket.destroy())
}
