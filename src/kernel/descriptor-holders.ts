/**
 * Who has a file open, by the links in /proc/PID/fd, and by the device number where it is a device node: a link tells the
 * name that a node has where it was opened, which in a container may be any. Only the name of the process is read:
 * /proc/PID/cmdline takes the process's memory lock, and hangs with it.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import type { DescriptorHolder, KernelCall } from './call.ts'
import { deviceNumberOf } from './device-number.ts'

/** How the names of our lanes' processes begin: they are what keeps disks open for us. */
export const LANE_COMMAND = 'nvirt-lane'

/** As many folders and links are read at a time. */
const LINKS = 200

/** Only nodes in such a folder, whoever's, are known by their number: of all other files nothing but the link is asked. */
const DEVICE_FOLDER = '/dev/'

/** Gives up the thread now and then, for whoever wants to do something else meanwhile. */
export function* findHolders(
  paths: readonly string[]
): Generator<undefined, readonly DescriptorHolder[]> {
  const wanted = wantedFiles(paths)
  const holders: DescriptorHolder[] = []
  let looked = 0
  for (const pid of processes()) {
    const open = new Set<string>()
    if (++looked % LINKS === 0) yield
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      const path = wantedBehind(`/proc/${pid}/fd/${fd}`, wanted)
      if (path !== undefined) open.add(path)
      if (++looked % LINKS === 0) yield
    }
    if (open.size > 0) holders.push(holder(pid, paths.length > 1 ? [...open] : undefined))
  }
  return holders
}

/** All that one such call asks about. */
export function pathsOf({
  path,
  others = [],
}: Extract<KernelCall, { readonly call: 'holders' }>): readonly string[] {
  return [path, ...others]
}

/** All at once. */
export function holdersOf(paths: readonly string[]): readonly DescriptorHolder[] {
  const search = findHolders(paths)
  for (;;) {
    const step = search.next()
    if (step.done) return step.value
  }
}

type WantedFiles = {
  /** undefined: it is no device node. */
  readonly numbers: ReadonlyMap<string, string | undefined>
  readonly paths: ReadonlyMap<string, string>
}

function wantedFiles(paths: readonly string[]): WantedFiles {
  const numbered = paths.map((path) => ({ path, number: deviceNumberOf(path) }))
  return {
    numbers: new Map(numbered.map(({ path, number }) => [path, number])),
    paths: new Map(
      numbered.flatMap(({ path, number }) => (number === undefined ? [] : [[number, path]]))
    ),
  }
}

/** Path of the wanted file that a descriptor is of. */
function wantedBehind(
  descriptor: string,
  { numbers, paths }: WantedFiles
): string | undefined {
  const link = linkOf(descriptor)
  if (link === undefined) return undefined
  const number = link.includes(DEVICE_FOLDER) ? deviceNumberOf(descriptor) : undefined
  const byNumber = number === undefined ? undefined : paths.get(number)
  if (byNumber !== undefined || !numbers.has(link)) return byNumber
  // Where it was opened, another device may have the name.
  const isAnother = number !== undefined && numbers.get(link) !== undefined
  return isAnother ? undefined : link
}

function processes(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
}

function holder(pid: number, paths: readonly string[] | undefined): DescriptorHolder {
  const command = commandOf(pid)
  const ours = command.startsWith(LANE_COMMAND)
  return { pid, command, ...(paths && { paths }), ...(ours && { ours }) }
}

/** A process that has ended meanwhile, or that is not ours to look at, holds nothing that we could name. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd()
  } catch {
    return '(ended)'
  }
}
