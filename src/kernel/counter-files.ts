/**
 * Counters of a real Linux: kept descriptors, positioned reads into one buffer, numbers straight into the column.
 * Opening a file costs five times its read, and a promise per file sixty times. None of these files takes a device lock;
 * a file of a device that goes away answers with an error, and is tried again at every tick until it is there again.
 */
import { parseTagsBusy } from './counter-text.ts'
import { counterLength } from './counters.ts'
import type { CounterReader, CounterSource } from './counters.ts'
import { interruptTable } from './interrupt-table.ts'
import { keptDisks } from './kept-disks.ts'
import type { WantedDisk } from './kept-disks.ts'
import { keptFile, readAll, readPage, together } from './kept-file.ts'
import type { KeptFile, Parse } from './kept-file.ts'
import { histogramFill } from './trace-histogram.ts'

export type HostTables = { readonly interrupts: string; readonly disks: string }

const TABLES: HostTables = { interrupts: '/proc/interrupts', disks: '/proc/diskstats' }

/** @param tables to read, where they are not the system's */
export function openCounterFiles(
  sources: readonly CounterSource[],
  tables: Partial<HostTables> = {}
): CounterReader {
  const paths = { ...TABLES, ...tables }
  const { length, parts } = layOut(sources)
  const values = new Float64Array(length).fill(NaN)
  const all = together([
    keptDisks(disksOf(parts), paths.disks),
    ...parts.filter(isOfFile).map(keptSource),
    keptInterrupts(parts, paths.interrupts),
  ])
  return {
    values,
    read: () => {
      all.readInto(values)
      return Promise.resolve()
    },
    close: () => {
      all.close()
      return Promise.resolve()
    },
  }
}

type Part = { readonly source: CounterSource; readonly at: number }

function layOut(sources: readonly CounterSource[]) {
  let length = 0
  const parts = sources.map((source): Part => {
    const at = length
    length += counterLength(source)
    return { source, at }
  })
  return { length, parts }
}

function disksOf(parts: readonly Part[]): readonly WantedDisk[] {
  return parts.flatMap(({ source, at }) =>
    source.kind === 'blockStat' ? [{ path: source.path, at }] : []
  )
}

function isOfFile(part: Part): part is FilePart {
  return part.source.kind !== 'interrupts' && part.source.kind !== 'blockStat'
}

type FileSource = Exclude<CounterSource, { readonly kind: 'interrupts' | 'blockStat' }>
type FilePart = { readonly source: FileSource; readonly at: number }

function keptSource({ source, at }: FilePart): KeptFile {
  const end = at + counterLength(source)
  const unobserved = (out: Float64Array) => void out.fill(NaN, at, end)
  const readFile = source.kind === 'histogram' ? readAll : readPage
  return keptFile(source.path, readFile, parserOf(source, at), unobserved)
}

function parserOf(source: FileSource, at: number): Parse {
  switch (source.kind) {
    case 'tagsBusy':
      return (text, length, out) => parseTagsBusy(text, length, out, at)
    case 'histogram': {
      const fill = histogramFill(source)
      return (text, length, out) => fill(text, length, out, at)
    }
  }
}

/** All wanted interrupts together: the table is one file, made anew by each read. */
function keptInterrupts(parts: readonly Part[], path: string): KeptFile {
  const wanted = new Map<string, number[]>()
  for (const { source, at } of parts) {
    if (source.kind !== 'interrupts') continue
    for (const [n, name] of source.names.entries())
      wanted.set(name, [...(wanted.get(name) ?? []), at + n])
  }
  if (wanted.size === 0) return together([])
  const table = interruptTable(wanted)
  const parse: Parse = (text, length, out) => {
    table.fill(text, length, out)
    return true
  }
  return keptFile(path, readAll, parse, (out) => table.fill(NOTHING, 0, out))
}

const NOTHING = Buffer.alloc(0)
