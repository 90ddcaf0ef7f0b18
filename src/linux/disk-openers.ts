/**
 * Who has a disk open. An exclusive open is seen by trying one; a plain one, as QEMU makes of a raw disk, only among the
 * descriptors of all processes. The kernel's own plain opens (loop, nvmet) are in disk-uses.ts.
 * Source: Linux block/bdev.c, bd_prepare_to_claim.
 */
import type { Clock } from '../clock.ts'
import type { DescriptorHolder } from '../kernel/call.ts'
import { KernelError } from '../kernel/kernel-error.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { partitionsOf, readHostUses, usesOfDisk, type DiskUse } from './disk-uses.ts'
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

/** nvirt opens disks in no other way: what it has open, it has alone. */
export function exclusive(disk: string, openers: readonly DescriptorHolder[]): DiskUse {
  const ours = openers.some((opener) => opener.ours)
  const by = inWords(openers) || 'the kernel, or a process out of sight'
  return { disk, use: 'exclusive-open', by, ...(ours && { ours }) }
}

/** Of the disk, its partitions, and its character device, past which I/O goes to the namespace as well. */
export async function openersOf(
  kernel: Kernel,
  disk: string
): Promise<readonly DescriptorHolder[]> {
  const character = disk.replace(/^nvme/, 'ng')
  const others = [...(await partitionsOf(kernel, disk)), character].map(devicePath)
  const path = devicePath(disk)
  return (await ifReadable(kernel.call({ call: 'holders', path, others }))) ?? []
}

/** Those of other processes that do not let go. */
export async function lastingOpeners(
  kernel: Kernel,
  disk: string,
  clock: Clock
): Promise<readonly DescriptorHolder[]> {
  let lasting = (await openersOf(kernel, disk)).filter(({ ours }) => !ours)
  for (let looks = 1; looks < LOOKS && lasting.length > 0; looks++) {
    await clock.sleep(LOOK_EVERY_MS)
    const now = new Set((await openersOf(kernel, disk)).map(({ pid }) => pid))
    lasting = lasting.filter(({ pid }) => now.has(pid))
  }
  return lasting
}

/** As far as it is seen; empty: nobody. */
export async function whoHas(kernel: Kernel, disk: string): Promise<string> {
  const uses = await usesOfDisk(kernel, disk, await readHostUses(kernel))
  const openers = inWords(await openersOf(kernel, disk))
  return [...uses.map(({ by }) => by), ...(openers === '' ? [] : [openers])].join(', ')
}

export function inWords(openers: readonly DescriptorHolder[]): string {
  return openers.map(({ pid, command }) => `${command} (${pid})`).join(', ')
}
