/**
 * When hosts on demand were switched on for the first time, for each entry of a fleet: what a machine without a journal
 * must know to be up since then, and in the same boot, at every start. An entry that was changed describes other
 * machines, which are switched on now.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { HostEntry } from './fleet.ts'

export type FirstBoots = {
  /** Wall clock, ms since the epoch. */
  readonly ofEntry: (entry: HostEntry) => number
}

const FILE = 'first-boots.json'

type Kept = Record<string, { readonly description: string; readonly atMs: number }>

/** Reads and rewrites the folder's file. @throws Error when it is there and cannot be read */
export function firstBoots(
  folder: string,
  entries: readonly HostEntry[],
  nowMs: number
): FirstBoots {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, FILE)
  const known = readKept(file)
  const boots = entries.map((entry) => {
    const description = digestOf(entry)
    const before = known[entry.name]
    const atMs = before?.description === description ? before.atMs : nowMs
    return [entry.name, { description, atMs }] as const
  })
  writeWhole(file, JSON.stringify(Object.fromEntries(boots)))
  const byName = new Map(boots)
  return { ofEntry: ({ name }) => byName.get(name)?.atMs ?? nowMs }
}

/** More hosts of an entry, or other faults, change nothing of those that are there. */
function digestOf({ count: _c, faults: _f, ...host }: HostEntry): string {
  return createHash('sha256').update(JSON.stringify(host)).digest('hex')
}

function readKept(file: string): Kept {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept // our own, written whole or not at all
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {}
    throw new Error(`reading when machines were first switched on, in ${file}`, { cause })
  }
}

function writeWhole(file: string, text: string): void {
  const draft = `${file}.draft`
  writeFileSync(draft, text, { flush: true })
  renameSync(draft, file)
}
