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
import { descriptorOf, handleOf, NO_DESCRIPTOR } from './straight-write.ts'

/** What a `ws` is asked for. */
export type FrameSocket = {
  readonly readyState: number
  readonly send: (data: string) => void
  readonly terminate: () => void
}

/** The stream under it. Its high-water mark is below FULL_BYTES, so that a full one tells when it has drained. */
export type FrameStream = Pick<
  Writable,
  'writableLength' | 'write' | 'once' | 'cork' | 'uncork'
>

/** Of `readyState`. Source: WHATWG WebSockets, "Interface definition". */
const OPEN = 1

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
  #isHeld = false
  #handle: unknown
  /** Of that handle. */
  #fd = NO_DESCRIPTOR

  constructor(socket: FrameSocket, stream: FrameStream) {
    this.#socket = socket
    this.#stream = stream
  }

  /** Where a burst may be written at once, past the stream; NO_DESCRIPTOR: nowhere, it is to be delivered. */
  descriptor(): number {
    const isClear =
      this.#behind === undefined &&
      this.#stream.writableLength === 0 &&
      !this.#isHeld &&
      this.#socket.readyState === OPEN
    if (!isClear) return NO_DESCRIPTOR
    const handle = handleOf(this.#stream)
    if (handle !== this.#handle) {
      this.#handle = handle
      this.#fd = descriptorOf(handle)
    }
    return this.#fd
  }

  /** @returns how many frames are left out for it */
  deliver(channel: number, burst: Burst): number {
    if (this.#behind !== undefined || this.#stream.writableLength > FULL_BYTES)
      return this.#keep(channel, burst)
    this.write(burst.bytes)
    return 0
  }

  /** Not behind a Close: a peer that has said goodbye expects nothing more. @param bytes whole messages, or the rest of them */
  write(bytes: Buffer): void {
    if (this.#socket.readyState === OPEN) this.#stream.write(bytes)
  }

  /** Until `release`, what is delivered is held, and then given to the system as one write. */
  hold(): void {
    this.#isHeld = true
    this.#stream.cork()
  }

  release(): void {
    this.#isHeld = false
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

  #keep(channel: number, { bytes, messages }: Burst): number {
    const behind = (this.#behind ??= this.#fallBehind())
    const kept = behind.get(channel) ?? new Map<string, Kept>()
    behind.set(channel, kept)
    let leftOut = 0
    for (const { functionId, begin, end } of messages) {
      const frame = bytes.subarray(begin, end)
      const older = kept.get(functionId)
      if (older !== undefined) leftOut += 1
      kept.set(functionId, { frame, missed: older === undefined ? 0 : older.missed + 1 })
    }
    return leftOut
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
    if (pieces.length > 0) this.write(Buffer.concat(pieces))
  }
}
