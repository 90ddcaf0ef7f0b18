/**
 * What is on its way to one client. While it keeps up, each burst is written as it comes. When its socket is full, only the
 * newest frame of each function is kept, which is the same memory for all who are behind, and the client is told how many
 * of that function's frames were left out before it. So a client costs at most FULL_BYTES, a burst, and DEAF_BYTES.
 *
 * Bursts are written to the stream under the WebSocket, past `ws`: framed once for all, they would be framed again for each.
 * That never falls into the middle of a message of `ws`: as it compresses nothing (compression.ts), its `send` hands a whole
 * message to the stream before it returns, and keeps none back (ws 8, lib/sender.js, sendFrame), so that both write in turns.
 */
import type { Writable } from 'node:stream'
import { textMessage, type Burst } from './burst.ts'
import type { ServerMessage } from './messages.ts'
import { straightWrite } from './straight-write.ts'

/** What a `ws` is asked for. */
export type FrameSocket = {
  readonly readyState: number
  readonly OPEN: number
  readonly send: (data: string) => void
  readonly terminate: () => void
}

/** The stream under it. Its high-water mark is below FULL_BYTES, so that a full one tells when it has drained. */
export type FrameStream = Pick<
  Writable,
  'writableLength' | 'writableCorked' | 'write' | 'once' | 'cork' | 'uncork'
>

/** About a second of a large host at full rate. More in the buffer would only be older. */
export const FULL_BYTES = 256 * 1024

/** Answers are never left out; whoever asks for so many without reading any is not served. */
export const DEAF_BYTES = 1024 * 1024

type Kept = { frame: Buffer; missed: number }

export class Outbox {
  readonly #socket: FrameSocket
  readonly #stream: FrameStream
  /** While it is behind: by channel and function. */
  #behind: Map<number, Map<string, Kept>> | undefined

  constructor(socket: FrameSocket, stream: FrameStream) {
    this.#socket = socket
    this.#stream = stream
  }

  deliver(channel: number, burst: Burst): void {
    if (this.#behind === undefined && this.#stream.writableLength <= FULL_BYTES) {
      this.#write(burst.bytes)
    } else {
      this.#keep(channel, burst)
    }
  }

  /** Until `release`, what is delivered is held, and then given to the system as one write. */
  hold(): void {
    this.#stream.cork()
  }

  release(): void {
    this.#stream.uncork()
  }

  /** What is no frame is never left out; a reader that leaves it all lying is given up. */
  say(message: ServerMessage): void {
    if (this.#stream.writableLength > DEAF_BYTES) return this.#socket.terminate()
    this.#socket.send(JSON.stringify(message))
  }

  /** Nothing more of this channel leaves. */
  forget(channel: number): void {
    this.#behind?.delete(channel)
  }

  /** Not behind a Close: a peer that has said goodbye expects nothing more. */
  #write(bytes: Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    const { writableLength, writableCorked } = this.#stream
    const isIdle = writableLength === 0 && writableCorked === 0
    const taken = isIdle ? straightWrite(this.#stream, bytes) : 0
    if (taken < bytes.length)
      this.#stream.write(taken === 0 ? bytes : bytes.subarray(taken))
  }

  #keep(channel: number, { bytes, messages }: Burst): void {
    const behind = (this.#behind ??= this.#fallBehind())
    const kept = behind.get(channel) ?? new Map<string, Kept>()
    behind.set(channel, kept)
    for (const { functionId, begin, end } of messages) {
      const frame = bytes.subarray(begin, end)
      const older = kept.get(functionId)
      if (older === undefined) kept.set(functionId, { frame, missed: 0 })
      else kept.set(functionId, { frame, missed: older.missed + 1 })
    }
  }

  #fallBehind(): Map<number, Map<string, Kept>> {
    this.#stream.once('drain', () => this.#catchUp())
    return new Map()
  }

  #catchUp(): void {
    const pieces: Buffer[] = []
    for (const [channel, functions] of this.#behind ?? []) {
      for (const [functionId, { frame, missed: count }] of functions) {
        const told = { type: 'missed', channel, functionId, count } as const
        if (count > 0) pieces.push(textMessage(JSON.stringify(told)))
        pieces.push(frame)
      }
    }
    this.#behind = undefined
    if (pieces.length > 0) this.#write(Buffer.concat(pieces))
  }
}
