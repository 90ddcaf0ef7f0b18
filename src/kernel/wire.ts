/**
 * Kernel calls and answers as lines of JSON, for a process on the other side of a pipe or a socket. Bytes become
 * `{"$bytes": base64}`; everything else in a call or an answer is JSON already.
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
  const { buffer, byteOffset, byteLength } = bytes
  return { $bytes: Buffer.from(buffer, byteOffset, byteLength).toString('base64') }
}

function textAsBytes(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value
  if (typeof value.$bytes !== 'string') return value
  return new Uint8Array(Buffer.from(value.$bytes, 'base64'))
}
