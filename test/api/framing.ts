/** Reads a server's WebSocket messages off bytes, by RFC 6455 and nothing of ours. */
import { constants, inflateRawSync } from 'node:zlib'

export type Framed = {
  readonly first: number
  /** As it came. */
  readonly sent: Buffer
  readonly payload: Buffer
  readonly text: string
  /** Deflated, as RFC 7692 says, with nothing taken over from the one before. */
  readonly isDeflated: boolean
}

const RSV1 = 0x40
const TAIL = Buffer.from([0, 0, 0xff, 0xff])

function inflated(payload: Buffer): Buffer {
  const finishFlush = constants.Z_SYNC_FLUSH
  return inflateRawSync(Buffer.concat([payload, TAIL]), { finishFlush })
}

/** @throws Error when the last message is not whole */
export function messagesOf(bytes: Buffer): readonly Framed[] {
  const messages: Framed[] = []
  for (let at = 0; at < bytes.length;) {
    const first = bytes.readUInt8(at)
    const short = bytes.readUInt8(at + 1)
    const [begin, length] =
      short < 126
        ? [at + 2, short]
        : short === 126
          ? [at + 4, bytes.readUInt16BE(at + 2)]
          : [at + 10, Number(bytes.readBigUInt64BE(at + 2))]
    if (begin + length > bytes.length) throw new Error(`${length} bytes are not there`)
    const isDeflated = (first & RSV1) !== 0
    const sent = bytes.subarray(begin, begin + length)
    const payload = isDeflated ? inflated(sent) : sent
    messages.push({ first, sent, payload, text: payload.toString(), isDeflated })
    at = begin + length
  }
  return messages
}
