/**
 * Counts out of a `hist` file of tracefs, straight into a column. A file has the histograms of all triggers of its event:
 *
 *     # trigger info: hist:keys=ctrl,qid,lat.log2:vals=hitcount:sort=hitcount:size=2048 [active]
 *     { ctrl:          1, qid:          2, lat: ~ 2^7  } hitcount:          2
 *     Totals:
 *         Dropped: 0
 *
 * Source: Linux kernel/trace/trace_events_hist.c, hist_trigger_show, hist_trigger_entry_print.
 */
import { lineEnd, parseNumbers } from './counter-text.ts'
import { counterLength } from './counters.ts'
import type { HistogramSource, TracedController } from './counters.ts'

const BRACE = 123
const DROPPED = Buffer.from('Dropped:')
const NEXT = Buffer.from('# event histogram')

/** Fills `out` from `at` on. @returns false when the histogram is not there, not whole, or has dropped anything */
export type HistogramFill = (
  text: Buffer,
  length: number,
  out: Float64Array,
  at: number
) => boolean

export function histogramFill(source: HistogramSource): HistogramFill {
  const { buckets } = source
  const head = Buffer.from(`# trigger info: ${source.trigger}`)
  const rows = rowsByInstance(source.controllers)
  const size = counterLength(source)
  // Controller and queue; of a bucket the 2 and its power; the count.
  const entry = new Float64Array(buckets === 1 ? 3 : 5)

  function addEntry(
    text: Buffer,
    from: number,
    end: number,
    out: Float64Array,
    at: number
  ) {
    if (!parseNumbers(text, from, end, entry.length, entry, 0)) return
    const row = rows[entry[0]!] // undefined: not one of these controllers
    const qid = entry[1]!
    if (row === undefined || qid < 1 || qid > row.queues) return
    const bucket = buckets === 1 ? 0 : Math.min(entry[3]!, buckets - 1)
    out[at + (row.first + qid - 1) * buckets + bucket]! += entry[entry.length - 1]!
  }

  return (text, length, out, at) => {
    const begin = text.indexOf(head)
    if (begin < 0 || begin >= length) return false
    out.fill(0, at, at + size)
    for (let from = lineEnd(text, begin, length) + 1; from < length;) {
      const end = lineEnd(text, from, length)
      if (text[from] === BRACE) addEntry(text, from, end, out, at)
      else if (startsWith(text, from, NEXT)) return false
      else if (startsWith(text, from + INDENT, DROPPED)) return isNone(text, from, end)
      from = end + 1
    }
    return false
  }
}

const INDENT = 4
const dropped = new Float64Array(1)

function isNone(text: Buffer, from: number, end: number): boolean {
  return parseNumbers(text, from, end, 1, dropped, 0) && dropped[0] === 0
}

function startsWith(text: Buffer, at: number, word: Buffer): boolean {
  const end = at + word.length
  return end <= text.length && text.compare(word, 0, word.length, at, end) === 0
}

type Row = { readonly first: number; readonly queues: number }

function rowsByInstance(
  controllers: readonly TracedController[]
): readonly (Row | undefined)[] {
  const rows: (Row | undefined)[] = []
  let first = 0
  for (const { instance, queues } of controllers) {
    rows[instance] = { first, queues }
    first += queues
  }
  return rows
}
