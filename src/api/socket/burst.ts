/**
 * The frames of one channel and tick, made once for everybody who has joined it: WebSocket messages, one after the other,
 * in one piece of memory, so that a client is given all of them by one write.
 *
 * A server's messages are not masked, and these are never fragmented: an opcode with the FIN bit, then the length in 7, 16
 * or 64 bits. Source: RFC 6455, "Base Framing Protocol".
 */
import { deflated } from './deflated.ts'

export const OPCODE = { text: 1, binary: 2 } as const
export type Opcode = (typeof OPCODE)[keyof typeof OPCODE]

const FIN = 0x80
/** The payload is deflated. Source: RFC 7692, "Message Compression". */
const RSV1 = 0x40

/** Shared by all who get it: not to be written to. */
export type Burst = {
  readonly bytes: Buffer
  readonly messages: readonly {
    readonly functionId: string
    readonly begin: number
    readonly end: number
  }[]
}

type Message = Burst['messages'][number]

export class BurstMaker {
  #memory = Buffer.alloc(0)
  #length = 0
  /** Of the next tick: about the last one, with room for numbers that have a digit more. */
  #expected = 0
  #messages: Message[] = []

  /** @param payload copied */
  add(functionId: string, opcode: Opcode, payload: Uint8Array): void {
    this.#append(functionId, opcode, payload)
  }

  /** @param payload compressed where that makes it smaller; only for who has agreed to permessage-deflate */
  addDeflated(functionId: string, opcode: Opcode, payload: Uint8Array): void {
    const small = deflated(payload)
    if (small === null) this.#append(functionId, opcode, payload)
    else this.#append(functionId, opcode | RSV1, small)
  }

  #append(functionId: string, first: number, payload: Uint8Array): void {
    const begin = this.#length
    this.#room(begin + 10 + payload.length)
    const at = writeHeader(this.#memory, begin, first, payload.length)
    this.#memory.set(payload, at)
    this.#length = at + payload.length
    this.#messages.push({ functionId, begin, end: this.#length })
  }

  /** What was added since the last time. */
  finish(): Burst {
    const bytes = this.#memory.subarray(0, this.#length)
    const messages = this.#messages
    // Sockets may hold this one for a while, so it is not written to again.
    this.#memory = Buffer.alloc(0)
    this.#messages = []
    this.#expected = Math.ceil(1.1 * this.#length)
    this.#length = 0
    return { bytes, messages }
  }

  #room(bytes: number): void {
    if (bytes <= this.#memory.length) return
    const larger = Buffer.allocUnsafeSlow(
      Math.max(bytes, this.#expected, 2 * this.#memory.length)
    )
    larger.set(this.#memory.subarray(0, this.#length))
    this.#memory = larger
  }
}

export function textMessage(text: string): Buffer {
  const payload = Buffer.from(text)
  const message = Buffer.allocUnsafe(10 + payload.length)
  const at = writeHeader(message, 0, OPCODE.text, payload.length)
  message.set(payload, at)
  return message.subarray(0, at + payload.length)
}

/** @param first its first byte, without FIN @returns where the payload begins */
function writeHeader(out: Buffer, at: number, first: number, length: number): number {
  out[at] = FIN | first
  if (length < 126) {
    out[at + 1] = length
    return at + 2
  }
  if (length < 65_536) {
    out[at + 1] = 126
    return out.writeUInt16BE(length, at + 2)
  }
  out[at + 1] = 127
  return out.writeUIntBE(length, out.writeUInt16BE(0, at + 2), 6)
}
