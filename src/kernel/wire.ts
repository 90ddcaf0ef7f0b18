/**
 * Kernel calls and answers as lines of JSON, for a process on the other side of a pipe or a socket. Bytes become
 * `{"$bytes": base64, "length": n}`, without the zeros at their end: of a page of a drive they are most. Everything else in
 * a call or an answer is JSON already.
 */

/** One line, newline and all. */
export function toLine(message: object): string {
  return `${JSON.stringify(message, bytesAsText)}\n`
}

/** The message of one line. @throws SyntaxError when the line is not JSON. */
export function fromLine(line: string): unknown {
  return JSON.parse(line, textAsBytes)
}

/** `this` holds the value as it was: a Buffer has a toJSON of its own, which runs before the replacer. */
function bytesAsText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const bytes = this[key]
  if (!(bytes instanceof Uint8Array)) return value
  const { buffer, byteOffset, length } = bytes
  const text = Buffer.from(buffer, byteOffset, lengthWithoutZeros(bytes))
  return { $bytes: text.toString('base64'), length }
}

function lengthWithoutZeros(bytes: Uint8Array): number {
  let length = bytes.length
  while (length > 0 && bytes[length - 1] === 0) length--
  return length
}

function textAsBytes(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value
  if (typeof value.$bytes !== 'string') return value
  const said = Buffer.from(value.$bytes, 'base64')
  // Absent in journals of emulated machines of an nvirt that wrote the zeros too.
  const { length } = value as { readonly length?: number }
  const bytes = new Uint8Array(length ?? said.length)
  bytes.set(said)
  return bytes
}
