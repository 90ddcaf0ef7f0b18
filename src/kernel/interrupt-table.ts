/**
 * /proc/interrupts: sums over CPUs of the lines with wanted action names.
 *
 * A line is ` 33: <count per online CPU> IR-PCI-MSI 524289-edge nvme0q1`; handlers that share the interrupt follow each
 * other, `nvme3q0, nvme3q1`, and each gets the whole sum. Source: Linux kernel/irq/proc.c show_interrupts.
 */
import { lineEnd, sumNumbers } from './counter-text.ts'
import { wantedNames } from './wanted-names.ts'

const COLON = 58
const COMMA = 44
const SPACE = 32

export type InterruptTable = {
  /** Writes the sum of each wanted name to its places in `out`; NaN where there is no such line. */
  readonly fill: (text: Buffer, length: number, out: Float64Array) => void
}

/** @param wanted places in the column, by name: several subscriptions may want the same one */
export function interruptTable(
  wanted: ReadonlyMap<string, readonly number[]>
): InterruptTable {
  const names = wantedNames(wanted)
  const places = [...wanted.values()].flat()

  function fill(text: Buffer, length: number, out: Float64Array): void {
    for (const place of places) out[place] = NaN
    const headerEnd = lineEnd(text, 0, length)
    const cpus = countOf(text, headerEnd, COLUMN)
    for (let start = headerEnd + 1; start < length;) {
      const end = lineEnd(text, start, length)
      addLine(text, start, end, cpus, out)
      start = end + 1
    }
  }

  /** Names stand at the end, so a line that nobody wants costs one look at its last word. */
  function addLine(
    text: Buffer,
    start: number,
    end: number,
    cpus: number,
    out: Float64Array
  ) {
    let nameEnd = end
    for (;;) {
      const nameStart = text.lastIndexOf(SPACE, nameEnd - 1) + 1
      if (nameStart <= start) return
      const found = names.find(text, nameStart, nameEnd)
      if (found) add(out, found, sumOfLine(text, start, end, cpus))
      if (text[nameStart - 2] !== COMMA) return
      nameEnd = nameStart - 2
    }
  }

  return { fill }
}

const COLUMN = Buffer.from('CPU')

function add(out: Float64Array, places: readonly number[], sum: number): void {
  for (const place of places) {
    const before = out[place]! // within the column, by construction
    out[place] = Number.isNaN(before) ? sum : before + sum
  }
}

function sumOfLine(text: Buffer, start: number, end: number, cpus: number): number {
  const colon = text.indexOf(COLON, start)
  return colon < 0 || colon >= end ? NaN : sumNumbers(text, colon + 1, end, cpus)
}

function countOf(text: Buffer, end: number, word: Buffer): number {
  let count = 0
  for (let at = text.indexOf(word); at >= 0 && at < end; at = text.indexOf(word, at + 1))
    count++
  return count
}
