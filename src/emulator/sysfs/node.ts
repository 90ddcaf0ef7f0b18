/** A file tree that is computed while it is walked: nothing is stored, so nothing can disagree with the machine. */
import type { PciFunction } from '../pci/pci-function.ts'

export type Node = Directory | File | Link

export type Directory = {
  readonly kind: 'directory'
  readonly entries: () => Entries
  /** One entry without making the others. */
  readonly child: (name: string) => Node | undefined
}

export type Entries = Readonly<Record<string, Node | undefined>>

export type File = {
  readonly kind: 'file'
  /** Absent: write-only. */
  readonly read?: () => string | Uint8Array
  /** Absent: read-only. */
  readonly write?: Store
  /** Reading takes this function's device lock. */
  readonly lock?: PciFunction
}

/** @param accepted see `release` in pci/driver-binding.ts */
export type Store = (text: string, accepted: () => void) => void | Promise<void>

export type Link = {
  readonly kind: 'link'
  /** Where it leads, from the root. */
  readonly to: string
}

export function directory(entries: () => Entries): Directory {
  return { kind: 'directory', entries, child: (name) => ownEntry(entries(), name) }
}

/** Entries that are always there, made once. */
export function folder(entries: Entries): Directory {
  return {
    kind: 'directory',
    entries: () => entries,
    child: (name) => ownEntry(entries, name),
  }
}

/** What both have; the first is asked first. */
export function joined(first: Directory, second: Directory): Directory {
  return {
    kind: 'directory',
    entries: () => ({ ...second.entries(), ...first.entries() }),
    child: (name) => first.child(name) ?? second.child(name),
  }
}

/** An entry for each thing that there is now; one of them is found without looking at the others. */
export function thingsDirectory<T>(things: Things<T>): Directory {
  const { all, name, node, find } = things
  return {
    kind: 'directory',
    entries: () => entriesOf(all(), name, node),
    child: (wanted) => {
      const thing = find(wanted)
      return thing !== undefined && name(thing) === wanted ? node(thing) : undefined
    },
  }
}

export type Things<T> = {
  readonly all: () => Iterable<T>
  readonly name: (thing: T) => string
  readonly node: (thing: T) => Node
  /** Whose name that may be; the directory looks again. */
  readonly find: (name: string) => T | undefined
}

/** How each file of a kind of directory is made; undefined where a thing does not have it. */
export type FileTable<T> = Readonly<Record<string, (thing: T) => Node | undefined>>

/** Entries whose names are not known beforehand. */
export type OtherEntries = Omit<Directory, 'kind'>

const NO_OTHERS: OtherEntries = { entries: () => ({}), child: () => undefined }

export function tableDirectory<T>(
  table: FileTable<T>,
  thing: T,
  others = NO_OTHERS
): Directory {
  const entries = () => {
    const made: Record<string, Node | undefined> = {}
    for (const name in table) made[name] = table[name]?.(thing)
    return Object.assign(made, others.entries())
  }
  const child = (name: string) => {
    const make = Object.hasOwn(table, name) ? table[name] : undefined
    return make ? make(thing) : others.child(name)
  }
  return { kind: 'directory', entries, child }
}

function ownEntry(entries: Entries, name: string): Node | undefined {
  return Object.hasOwn(entries, name) ? entries[name] : undefined
}

/** A read-only attribute; the newline is added. */
export function attribute(value: () => string | number): File {
  return { kind: 'file', read: () => `${value()}\n` }
}

export function text(read: () => string): File {
  return { kind: 'file', read }
}

export function writeOnly(write: Store): File {
  return { kind: 'file', write }
}

export function link(to: string): Link {
  return { kind: 'link', to }
}

/** An entry for each thing. */
export function entriesOf<T>(
  things: Iterable<T>,
  name: (thing: T) => string,
  node: (thing: T) => Node
): Entries {
  const entries: Record<string, Node> = {}
  for (const thing of things) entries[name(thing)] = node(thing)
  return entries
}
