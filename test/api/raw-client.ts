/** A client below HTTP that says what it is told to, and never closes its own half of the connection. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'

export type RawClient = {
  readonly socket: Socket
  /** All that was answered, once the service has ended its half. */
  readonly answer: () => Promise<RawAnswer>
}

export type RawAnswer = {
  readonly status: number
  readonly head: string
  /** Undefined when the body is no problem document. */
  readonly problem: { readonly type: string; readonly detail: string } | undefined
}

export function rawClient(port: number, text = ''): RawClient {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  let [said, ended] = ['', false]
  socket.on('data', (chunk) => (said += chunk.toString()))
  socket.on('end', () => (ended = true))
  socket.on('error', () => {}) // a reset: the service let go of it
  if (text !== '') socket.write(text)
  return {
    socket,
    answer: () =>
      eventually('an answer, and its end', () => (ended ? readAnswer(said) : undefined)),
  }
}

function readAnswer(said: string): RawAnswer {
  const [head = '', body = ''] = said.split('\r\n\r\n')
  const isProblem = /^content-type: application\/problem\+json/im.test(head)
  return {
    status: Number(/^HTTP\/1\.1 (\d+) /.exec(head)?.[1]),
    head,
    problem: isProblem ? (JSON.parse(body) as RawAnswer['problem']) : undefined,
  }
}

export const HOST = 'Host: 127.0.0.1\r\n'

/** Headers of a WebSocket's handshake. */
export const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '',
].join('\r\n')
