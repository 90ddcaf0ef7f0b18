/** A client of the telemetry socket that keeps what it got. */
import { once } from 'node:events'
import WebSocket from 'ws'
import type { TelemetryFrame } from '../../src/telemetry/telemetry.ts'
import { eventually } from '../support/eventually.ts'
import type { Problem } from './call.ts'

export type FrameMessage = TelemetryFrame & {
  readonly type: 'frame'
  readonly id: string
  readonly missed: number
}

export type Message =
  | FrameMessage
  | { readonly type: 'subscribed' | 'unsubscribed'; readonly id: string }
  | { readonly type: 'error'; readonly id?: string; readonly problem: Problem }

export type SocketOptions = {
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

export async function openSocket(port: number, options: SocketOptions = {}) {
  const { protocols = [], headers = {} } = options
  const url = `ws://127.0.0.1:${port}/v1/telemetry`
  const socket = new WebSocket(url, [...protocols], { headers })
  const messages: Message[] = []
  socket.on('message', (data: Buffer) =>
    messages.push(JSON.parse(data.toString()) as Message)
  )
  await once(socket, 'open')
  let read = 0

  return {
    socket,
    messages,
    say: (message: unknown) =>
      socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    /** The next message that has not been asked for yet and is no frame. */
    answer: () =>
      eventually('an answer', () => {
        while (read < messages.length) {
          const message = messages[read++]
          if (message && message.type !== 'frame') return message
        }
        return undefined
      }),
    frames: (id: string) =>
      messages.filter((one): one is FrameMessage => one.type === 'frame' && one.id === id),
    close: async () => {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}

/** Status with which an upgrade is refused. */
export function refusedUpgrade(port: number, options: SocketOptions = {}): Promise<number> {
  const { protocols = [], headers = {} } = options
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/telemetry`, [...protocols], {
    headers,
  })
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) =>
      resolve(response.statusCode ?? 0)
    )
    socket.on('open', () => reject(new Error('it was let in')))
    socket.on('error', reject)
  })
}
