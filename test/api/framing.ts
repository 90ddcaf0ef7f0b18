/** Reads a server's WebSocket messages off bytes, by RFC 6455 and nothing of ours. */
export type Framed = {
  readonly first: number
  readonly payload: Buffer
  readonly text: string
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
    const payload = bytes.subarray(begin, begin + length)
    messages.push({ first, payload, text: payload.toString() })
    at = begin + length
  }
  return messages
}
