/**
 * Counters of a real Linux: kept descriptors, positioned reads into one buffer, numbers straight into the column.
 * Opening a file costs five times its read, and a promise per file sixty times. None of these files takes a device lock;
 * a file of a device that goes away answers with an error, and is tried again at every tick until it is there again.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { parseNumbers, parseTagsBusy } from './counter-text.ts'
import { BLOCK_STAT_LENGTH, counterLength } from './counters.ts'
import type { CounterReader, CounterSource } from './counters.ts'
import { interruptTable } from './interrupt-table.ts'
import type { InterruptTable } from './interrupt-table.ts'
import { histogramFill } from './trace-histogram.ts'

const INTERRUPTS = '/proc/interrupts'

/** @param interruptsPath the table to read, where it is not the system's */
export function openCounterFiles(
  sources: readonly CounterSource[],
  interruptsPath = INTERRUPTS
): CounterReader {
  const { length, parts } = layOut(sources)
  const values = new Float64Array(length).fill(NaN)
  const files = parts.filter((part) => 'path' in part.source).map(keptFile)
  const interrupts = keptInterrupts(parts, interruptsPath)
  const all = interrupts ? [...files, interrupts] : files
  return {
    values,
    read: () => {
      for (const file of all) file.readInto(values)
      return Promise.resolve()
    },
    close: () => {
      for (const file of all) file.close()
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

type KeptFile = {
  readonly readInto: (out: Float64Array) => void
  readonly close: () => void
}

function keptFile({ source, at }: Part): KeptFile {
  if (source.kind === 'interrupts') throw new Error('interrupts are read once for all')
  const end = at + counterLength(source)
  const unobserved = (out: Float64Array) => void out.fill(NaN, at, end)
  const readFile = source.kind === 'histogram' ? readAll : readPage
  return kept(source.path, readFile, parserOf(source, at), unobserved)
}

type FileSource = Exclude<CounterSource, { readonly kind: 'interrupts' }>
/** Of what is in the buffer. @returns false: nothing was observed */
type Parse = (length: number, out: Float64Array) => boolean

function parserOf(source: FileSource, at: number): Parse {
  switch (source.kind) {
    case 'blockStat':
      return (length, out) => parseNumbers(buffer, 0, length, BLOCK_STAT_LENGTH, out, at)
    case 'tagsBusy':
      return (length, out) => parseTagsBusy(buffer, length, out, at)
    case 'histogram': {
      const fill = histogramFill(source)
      return (length, out) => fill(buffer, length, out, at)
    }
  }
}

/** All wanted interrupts together: the table is one file, made anew by each read. */
function keptInterrupts(parts: readonly Part[], path: string): KeptFile | undefined {
  const wanted = new Map<string, number[]>()
  for (const { source, at } of parts) {
    if (source.kind !== 'interrupts') continue
    for (const [n, name] of source.names.entries())
      wanted.set(name, [...(wanted.get(name) ?? []), at + n])
  }
  if (wanted.size === 0) return undefined
  const table: InterruptTable = interruptTable(wanted)
  const parse = (length: number, out: Float64Array) => {
    table.fill(buffer, length, out)
    return true
  }
  return kept(path, readAll, parse, (out) => table.fill(buffer, 0, out))
}

function kept(
  path: string,
  fillBuffer: (fd: number) => number,
  parse: Parse,
  unobserved: (out: Float64Array) => void
): KeptFile {
  let fd: number | undefined

  function readInto(out: Float64Array): void {
    try {
      fd ??= openSync(path, 'r')
      if (!parse(fillBuffer(fd), out)) unobserved(out)
    } catch {
      // ENOENT, ENODEV, EIO: the device has gone, and its descriptor is worth nothing even if it comes back
      close()
      unobserved(out)
    }
  }

  function close(): void {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }

  return { readInto, close }
}

/** One for all files of the process, since every read ends before the next begins. Grows to the largest file. */
let buffer = Buffer.allocUnsafeSlow(16 * 1024)

/** A small file, which the kernel gives whole in one read: a sysfs attribute is a page at most. */
function readPage(fd: number): number {
  return readSync(fd, buffer, 0, buffer.length, 0)
}

/** A file that comes a page at a time. */
function readAll(fd: number): number {
  let length = 0
  for (;;) {
    if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length)
    const more = readSync(fd, buffer, length, buffer.length - length, length)
    if (more === 0) return length
    length += more
  }
}
