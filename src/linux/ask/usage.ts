/** What on this host uses the namespaces of a function's subsystem, exclusive opens included. */
import type { HostQuery, NamespaceUse } from '../../host/query.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { readHostUses, usesOfDisk, type DiskUse, type HostUses } from '../disk-uses.ts'
import type { LinuxHost } from '../in-lane.ts'
import type { LaneSession } from '../lane-session.ts'
import { namespaceDisks } from '../namespace-disks.ts'
import { controllerNameOf } from '../nvme-controller.ts'
import { ifPresent, ifReadable, readText } from '../small-files.ts'
import { controllerPath, devicePath } from '../sysfs-paths.ts'

type Usage = Extract<HostQuery, { readonly read: 'usage' }>

export async function readUsage(
  host: LinuxHost,
  session: LaneSession,
  { fn, nsids }: Usage
): Promise<readonly NamespaceUse[]> {
  const nqn = await subsystemOf(host, fn)
  if (nqn === null) return []
  const disks = (await namespaceDisks(host.kernel)).filter(
    (disk) => disk.subsystemNqn === nqn && (nsids?.includes(disk.nsid) ?? true)
  )
  const uses = await readHostUses(host.kernel)
  const found: NamespaceUse[] = []
  for (const { nsid, disk } of disks) {
    const ofDisk = await usesNow(session, disk, uses)
    found.push(...ofDisk.map((use) => ({ nsid, ...use })))
  }
  return found
}

/** An exclusive opener that shows otherwise (a mount, a holder) is not told twice. */
async function usesNow(
  session: LaneSession,
  disk: string,
  uses: HostUses
): Promise<readonly DiskUse[]> {
  const shown = await usesOfDisk(session.kernel, disk, uses)
  if (shown.length > 0 || !(await isOpenExclusively(session, disk))) return shown
  return [{ disk, use: 'exclusive-open', by: await openersOf(session.kernel, disk) }]
}

async function isOpenExclusively(session: LaneSession, disk: string): Promise<boolean> {
  try {
    await ifPresent(session.call({ call: 'openExclusive', path: devicePath(disk) }))
    return false
  } catch (cause) {
    if (cause instanceof KernelError && cause.errno === 'EBUSY') return true
    throw cause
  }
}

async function openersOf(kernel: Kernel, disk: string): Promise<string> {
  const path = devicePath(disk)
  const openers = (await ifReadable(kernel.call({ call: 'holders', path }))) ?? []
  const named = openers.map(({ pid, command }) => `${command} (${pid})`)
  return named.length > 0 ? named.join(', ') : 'the kernel, or a process out of sight'
}

/** NQN by the function's own controller or, of a VF without one, its primary's. */
export async function subsystemOf(host: LinuxHost, fn: PciAddress): Promise<string | null> {
  const own = await nqnOf(host.kernel, fn)
  if (own !== null) return own
  const kinship = await host.kinships.of(fn)
  return kinship.kin === 'vf' ? nqnOf(host.kernel, kinship.pf) : null
}

async function nqnOf(kernel: Kernel, fn: PciAddress): Promise<string | null> {
  const name = await controllerNameOf(kernel, fn)
  if (name === null) return null
  return ifPresent(readText(kernel.call, `${controllerPath(name)}/subsysnqn`))
}
