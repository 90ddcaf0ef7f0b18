/**
 * Numbers out of the bytes of counter files, into columns, without a string or an object in between. Counters are below
 * 2^53.
 */
const NEWLINE = 10
const SPACE = 32
const DIGIT_0 = 48
const DIGIT_9 = 57

/**
 * The first `count` numbers between `from` and `end`, whatever separates them, into `out` from `at` on.
 *
 * @returns false when there are fewer; `out` is then partly filled
 */
export function parseNumbers(
  bytes: Uint8Array,
  from: number,
  end: number,
  count: number,
  out: Float64Array,
  at: number
): boolean {
  let position = from
  for (let n = 0; n < count; n++) {
    while (position < end && !isDigit(bytes[position]!)) position++ // below end
    if (position >= end) return false
    let value = 0
    for (; position < end; position++) {
      const digit = bytes[position]! - DIGIT_0 // below end
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    out[at + n] = value
  }
  return true
}

const BUSY = Buffer.from('\nbusy=')

/** `busy=` of a debugfs tags file: the first one, since reserved tags follow. Source: Linux lib/sbitmap.c sbitmap_queue_show. */
export function parseTagsBusy(
  bytes: Buffer,
  length: number,
  out: Float64Array,
  at: number
): boolean {
  const start = bytes.indexOf(BUSY)
  if (start < 0) return false
  return parseNumbers(bytes, start, length, 1, out, at)
}

/** Sum of up to `count` numbers that follow each other on one line, separated by spaces. */
export function sumNumbers(
  bytes: Uint8Array,
  from: number,
  end: number,
  count: number
): number {
  let sum = 0
  let position = from
  for (let n = 0; n < count; n++) {
    while (position < end && bytes[position] === SPACE) position++
    if (position >= end || !isDigit(bytes[position]!)) break
    let value = 0
    for (; position < end && isDigit(bytes[position]!); position++)
      value = value * 10 + bytes[position]! - DIGIT_0
    sum += value
  }
  return sum
}

/** Position after the end of the line that starts at `from`, its newline not counted. */
export function lineEnd(bytes: Buffer, from: number, length: number): number {
  const end = bytes.indexOf(NEWLINE, from)
  return end < 0 || end > length ? length : end
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9
}
