/**
 * Who has a file open, by the links in /proc/PID/fd. Only the name of the process is read: /proc/PID/cmdline takes the
 * process's memory lock, and hangs with it.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import type { DescriptorHolder } from './call.ts'

/** Gives up the thread between two processes, for whoever wants to do something else meanwhile. */
export function* findHolders(
  path: string
): Generator<undefined, readonly DescriptorHolder[]> {
  const holders: DescriptorHolder[] = []
  for (const pid of processes()) {
    if (hasOpen(pid, path)) holders.push({ pid, command: commandOf(pid) })
    yield
  }
  return holders
}

/** All at once. */
export function holdersOf(path: string): readonly DescriptorHolder[] {
  const search = findHolders(path)
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

function hasOpen(pid: number, path: string): boolean {
  const folder = `/proc/${pid}/fd`
  return namesIn(folder).some((fd) => linkOf(`${folder}/${fd}`) === path)
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
