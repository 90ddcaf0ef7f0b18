/**
 * Who has a file open, by the links in /proc/PID/fd. Only the name of the process is read: /proc/PID/cmdline takes the
 * process's memory lock, and hangs with it.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import type { DescriptorHolder, KernelCall } from './call.ts'

/** How the names of our lanes' processes begin: they are what keeps disks open for us. */
export const LANE_COMMAND = 'nvirt-lane'

/** As many folders and links are read at a time. */
const LINKS = 200

/** Gives up the thread now and then, for whoever wants to do something else meanwhile. */
export function* findHolders(
  paths: readonly string[]
): Generator<undefined, readonly DescriptorHolder[]> {
  const wanted = new Set(paths)
  const holders: DescriptorHolder[] = []
  let looked = 0
  for (const pid of processes()) {
    const open = new Set<string>()
    if (++looked % LINKS === 0) yield
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      const link = linkOf(`/proc/${pid}/fd/${fd}`)
      if (link !== undefined && wanted.has(link)) open.add(link)
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
