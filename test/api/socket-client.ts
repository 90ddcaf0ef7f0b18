/** A client of the telemetry socket that keeps what it got. */
import { once } from 'node:events'
import { expect } from 'vitest'
import WebSocket, { type ClientOptions } from 'ws'
import { decodeFrame, type DecodedFrame } from '../../clients/telemetry/decode-frame.ts'
import type { Listing } from '../../src/api/socket/listing.ts'
import type { TelemetryFrame } from '../../src/telemetry/telemetry.ts'
import { eventually } from '../support/eventually.ts'
import type { Problem } from './call.ts'
import { socketDeviations } from './socket-document.ts'

export type FrameMessage = TelemetryFrame & {
  readonly type: 'frame'
  readonly channel: number
}

type Subscribed = {
  readonly type: 'subscribed' | 'changed'
  readonly id: string
  readonly channel: number
  readonly metrics: readonly string[]
}

export type Message =
  | FrameMessage
  | Subscribed
  | { readonly type: 'unsubscribed'; readonly id: string }
  | ({ readonly type: 'listed'; readonly id: string } & Listing)
  | {
      readonly type: 'missed'
      readonly channel: number
      readonly functionId: string
      readonly count: number
    }
  | { readonly type: 'error'; readonly id?: string; readonly problem: Problem }

type Answer = Exclude<Message, { readonly type: 'frame' | 'missed' }>

export type SocketOptions = {
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** Of the query. */
  readonly compress?: string
  /** What a `ws` offers; default: it offers to compress. */
  readonly perMessageDeflate?: ClientOptions['perMessageDeflate']
}

function connected(port: number, options: SocketOptions): WebSocket {
  const { protocols = [], compress, ...rest } = options
  const query = compress === undefined ? '' : `?compress=${compress}`
  const url = `ws://127.0.0.1:${port}/v1/telemetry${query}`
  return new WebSocket(url, [...protocols], rest)
}

export async function openSocket(port: number, options: SocketOptions = {}) {
  const socket = connected(port, options)
  const messages: Message[] = []
  const binaryFrames: DecodedFrame[] = []
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) binaryFrames.push(decodeFrame(data))
    else messages.push(readText(data.toString()))
  })
  await once(socket, 'open')
  let read = 0

  return {
    socket,
    messages,
    binaryFrames,
    say: (message: unknown) =>
      socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    /** The next message that has not been asked for yet and is no frame. */
    answer: () =>
      eventually('an answer', () => {
        while (read < messages.length) {
          const message = messages[read++]
          if (message && isAnswer(message)) return message
        }
        return undefined
      }),
    /** Of the channels that this subscription has had. */
    frames: (id: string) => {
      const channels = messages.flatMap((one) =>
        'channel' in one && 'id' in one && one.id === id ? [one.channel] : []
      )
      return messages.filter(
        (one): one is FrameMessage => one.type === 'frame' && channels.includes(one.channel)
      )
    },
    close: async () => {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}

function isAnswer(message: Message): message is Answer {
  return message.type !== 'frame' && message.type !== 'missed'
}

/** @throws AssertionError when it is not as asyncapi.yaml says */
function readText(text: string): Message {
  const message = JSON.parse(text) as Message
  expect(socketDeviations(message), text.slice(0, 300)).toEqual([])
  return message
}

/** Status with which an upgrade is refused. */
export function refusedUpgrade(port: number, options: SocketOptions = {}): Promise<number> {
  const socket = connected(port, options)
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) =>
      resolve(response.statusCode ?? 0)
    )
    socket.on('open', () => reject(new Error('it was let in')))
    socket.on('error', reject)
  })
}
