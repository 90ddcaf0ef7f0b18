/**
 * Who has a disk open. An exclusive open is seen by trying one; a plain one, as QEMU makes of a raw disk, only among the
 * descriptors of all processes. The kernel's own plain opens are in served-devices.ts.
 * Source: Linux block/bdev.c, bd_prepare_to_claim.
 */
import type { DescriptorHolder } from '../kernel/call.ts'
import { KernelError } from '../kernel/kernel-error.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { partitionsOf, readHostUses, usesOfDisk } from './disk-uses.ts'
import type { LinuxHost } from './in-lane.ts'
import type { LaneSession } from './lane-session.ts'
import { ifPresent, ifReadable } from './small-files.ts'
import { devicePath } from './sysfs-paths.ts'

/** Whoever is told of a disk looks into it, as udev does, and lets go: within a second, on a machine that is not stuck. */
const LOOKS = 10
const LOOK_EVERY_MS = 100

export async function isOpenExclusively(
  session: LaneSession,
  disk: string
): Promise<boolean> {
  try {
    await ifPresent(session.call({ call: 'openExclusive', path: devicePath(disk) }))
    return false
  } catch (cause) {
    if (cause instanceof KernelError && cause.errno === 'EBUSY') return true
    throw cause
  }
}

/** By disk; those that nobody has open are left out. */
export type Openers = ReadonlyMap<string, readonly DescriptorHolder[]>

/**
 * In one look, which goes through every process: of the disks, their partitions, and their character devices, past which
 * I/O goes to the namespaces as well.
 */
export async function openersOf(
  kernel: Kernel,
  disks: readonly string[]
): Promise<Openers> {
  const nodes = new Map<string, string>()
  for (const disk of disks) {
    const character = disk.replace(/^nvme/, 'ng')
    for (const name of [disk, ...(await partitionsOf(kernel, disk)), character])
      nodes.set(devicePath(name), disk)
  }
  const [path, ...others] = nodes.keys()
  if (path === undefined) return new Map()
  const holders = await ifReadable(kernel.call({ call: 'holders', path, others }))
  const found = new Map<string, DescriptorHolder[]>()
  for (const holder of holders ?? []) {
    for (const disk of new Set(holder.paths?.map((one) => nodes.get(one) ?? '')))
      found.set(disk, [...(found.get(disk) ?? []), holder])
  }
  return found
}

/** Of these those of other processes that do not let go. */
export async function lastingOpeners(
  { kernel, clock }: Pick<LinuxHost, 'kernel' | 'clock'>,
  openers: Openers
): Promise<Openers> {
  let lasting = without(openers, ({ ours }) => ours === true)
  for (let looks = 1; looks < LOOKS && lasting.size > 0; looks++) {
    await clock.sleep(LOOK_EVERY_MS)
    const now = await openersOf(kernel, [...lasting.keys()])
    const isThere = (disk: string, pid: number) =>
      now.get(disk)?.some((one) => one.pid === pid) ?? false
    lasting = without(lasting, ({ pid }, disk) => !isThere(disk, pid))
  }
  return lasting
}

function without(
  openers: Openers,
  isOut: (opener: DescriptorHolder, disk: string) => boolean
): Openers {
  const left = [...openers].map(
    ([disk, those]) => [disk, those.filter((one) => !isOut(one, disk))] as const
  )
  return new Map(left.filter(([, those]) => those.length > 0))
}

/** As far as it is seen; empty: nobody. */
export async function whoHas(kernel: Kernel, disk: string): Promise<string> {
  const uses = await usesOfDisk(kernel, disk, await readHostUses(kernel))
  const openers = inWords((await openersOf(kernel, [disk])).get(disk))
  return [...uses.map(({ by }) => by), ...(openers === '' ? [] : [openers])].join(', ')
}

export function inWords(openers: readonly DescriptorHolder[] = []): string {
  return openers.map(({ pid, command }) => `${command} (${pid})`).join(', ')
}
