/**
 * The machine's own memory on disk: every control call that took effect and everything that happened to it, a JSON line
 * each, on the platter before the call returns; each boot begins with a line of its own. Played again at power-on it
 * gives the same machine in the same boot. A last line that was cut off by a crash belongs to a call that never
 * returned, and is dropped.
 */
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { KernelCall } from '../kernel/call.ts'
import { fromLine, toLine } from '../kernel/wire.ts'
import { isMachineEvent } from './faults/drill-schema.ts'
import type { LinuxEvent } from './faults/machine-events.ts'
import { fieldOf, kernelCall } from './process/kernel-call.ts'

export type BootRecord = {
  readonly bootId: string
  /** Wall clock, ms since the epoch. */
  readonly bootedAtMs: number
  /** Of the description that the machine was made from: calls are meaningless on another one. */
  readonly description: string
}

/** `atMs`: uptime. */
export type JournalRecord =
  | { readonly atMs: number; readonly call: KernelCall }
  | { readonly atMs: number; readonly event: LinuxEvent }

export type BootJournal = {
  readonly boot: BootRecord
  readonly records: readonly JournalRecord[]
}

export interface Journal {
  /** As found, or the one that begins now. */
  readonly boots: readonly BootJournal[]
  /** Resolves once the record is on disk. Records are in the order of the calls of this function. */
  append: (record: JournalRecord | { readonly boot: BootRecord }) => Promise<void>
  close: () => Promise<void>
}

/** A machine that forgets. */
export function noJournal(boot: BootRecord): Journal {
  return { boots: [{ boot, records: [] }], append: async () => {}, close: async () => {} }
}

/** Of a machine to which nothing has happened: the file is made, and begins with its boot, when something does. */
export function unwrittenJournal(path: string, fresh: BootRecord): Journal {
  let written: Promise<Journal> | undefined
  return {
    boots: [{ boot: fresh, records: [] }],
    append: async (record) => (await (written ??= openJournal(path, fresh))).append(record),
    close: async () => (await written?.catch(() => undefined))?.close(),
  }
}

/**
 * @param fresh the boot to begin with when there is no journal yet, or one of another description
 * @throws Error when a line other than the last cannot be read
 */
export async function openJournal(path: string, fresh: BootRecord): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true })
  const found = parse(await readOrEmpty(path), path)
  const isSame = found.boots[0]?.boot.description === fresh.description
  const keep = isSame ? found : undefined
  const file = await open(path, keep ? 'r+' : 'w')
  const end = keep?.length ?? 0
  if (keep) await file.truncate(end)
  const lines = lineWriter(file, end)
  if (!keep) await lines.append({ boot: fresh })
  const boots = keep?.boots ?? [{ boot: fresh, records: [] }]
  return { boots, append: lines.append, close: lines.close }
}

type File = Awaited<ReturnType<typeof open>>

/** Group commit: lines that come while one write is being synced go out together with the next. */
function lineWriter(file: File, start: number) {
  let at = start
  let waiting = ''
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  const flush = async () => {
    const lines = Buffer.from(waiting)
    waiting = ''
    next = undefined
    await file.write(lines, 0, lines.length, at)
    at += lines.length
    await file.datasync()
  }
  return {
    append: (record: object): Promise<void> => {
      waiting += toLine(record)
      next ??= running = running.then(flush)
      return next
    },
    close: async (): Promise<void> => {
      await running.catch(() => {}) // whoever appended has heard of it
      await file.close()
    },
  }
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

/** No boots: this is no journal, or one of which not even the first line is whole. */
function parse(text: string, path: string) {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const boots: { readonly boot: BootRecord; readonly records: JournalRecord[] }[] = []
  for (const [i, line] of whole.split('\n').slice(0, -1).entries()) {
    const where = `${path}:${i + 1}`
    const parsed = parseLine(line, where)
    const boot = bootOf(parsed)
    if (boot) boots.push({ boot, records: [] })
    else if (i > 0) boots.at(-1)?.records.push(recordOf(parsed, where))
  }
  return { boots, length: Buffer.byteLength(whole) }
}

function parseLine(line: string, where: string): unknown {
  try {
    return fromLine(line)
  } catch (cause) {
    throw new Error(`reading the emulated machine's journal at ${where}`, { cause })
  }
}

function bootOf(record: unknown): BootRecord | undefined {
  const boot = fieldOf(record, 'boot')
  const bootId = fieldOf(boot, 'bootId')
  const bootedAtMs = fieldOf(boot, 'bootedAtMs')
  const description = fieldOf(boot, 'description')
  if (typeof bootId !== 'string' || typeof bootedAtMs !== 'number') return undefined
  return typeof description === 'string' ? { bootId, bootedAtMs, description } : undefined
}

function recordOf(record: unknown, where: string): JournalRecord {
  const atMs = fieldOf(record, 'atMs')
  if (typeof atMs !== 'number') throw new Error(`no time in the record at ${where}`)
  const event = fieldOf(record, 'event')
  if (event === undefined) return { atMs, call: kernelCall(fieldOf(record, 'call')) }
  if (!isMachineEvent(event) || event.event === 'reboot')
    throw new Error(`no event of a machine in the record at ${where}`)
  return { atMs, event }
}
