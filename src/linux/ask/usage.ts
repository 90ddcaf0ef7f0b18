/** What on this host uses the namespaces of a function's subsystem, open files included. */
import type { HostQuery, UseNow } from '../../host/query.ts'
import type { DescriptorHolder } from '../../kernel/call.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { inWords, isOpenExclusively, lastingOpeners, openersOf } from '../disk-openers.ts'
import { readHostUses, usesOfDisk, type DiskUse } from '../disk-uses.ts'
import { exportedDevices } from '../exported-devices.ts'
import type { LinuxHost } from '../in-lane.ts'
import type { LaneSession } from '../lane-session.ts'
import { namespaceDisks } from '../namespace-disks.ts'
import { controllerIdentityOf, controllerNameOf } from '../nvme-controller.ts'

type Usage = Extract<HostQuery, { readonly read: 'usage' }>

export async function readUsage(
  host: LinuxHost,
  session: LaneSession,
  { fn, nsids }: Usage
): Promise<readonly UseNow[]> {
  const nqn = await subsystemOf(host, fn)
  if (nqn === null) return []
  const disks = (await namespaceDisks(host.kernel)).filter(
    (disk) => disk.subsystemNqn === nqn && (nsids?.includes(disk.nsid) ?? true)
  )
  const found = await usesNow(
    host,
    session,
    disks.map(({ disk }) => disk)
  )
  return disks.flatMap(({ nsid, disk }) =>
    (found.get(disk) ?? []).map((use) => ({ nsid, ...use }))
  )
}

/** By disk. An opener of what shows otherwise (a mount, a holder) is not told twice. */
async function usesNow(
  host: LinuxHost,
  session: LaneSession,
  disks: readonly string[]
): Promise<ReadonlyMap<string, readonly DiskUse[]>> {
  const uses = await usesShown(host, disks)
  const quiet = disks.filter((disk) => uses.get(disk)?.length === 0)
  const openers = await openersOf(host.kernel, quiet)
  const others = new Map(openers)
  for (const disk of quiet) {
    const ours = openers.get(disk)?.some((one) => one.ours) ?? false
    const isTaken = await isOpenExclusively(session, disk)
    // Who keeps a disk is named with all that have it open; beside nvirt others are told on their own.
    if (isTaken && !ours) others.delete(disk)
    if (isTaken || ours) uses.set(disk, [exclusiveUse(disk, ours, openers.get(disk))])
  }
  for (const [disk, those] of await lastingOpeners(host, others))
    uses.set(disk, [...(uses.get(disk) ?? []), { disk, use: 'open', by: inWords(those) }])
  return uses
}

function exclusiveUse(
  disk: string,
  ours: boolean,
  openers: readonly DescriptorHolder[] | undefined
): DiskUse {
  const by = inWords(openers) || 'the kernel, or a process out of sight'
  return { disk, use: 'exclusive-open', by, ...(ours && { ours }) }
}

async function usesShown(
  host: LinuxHost,
  disks: readonly string[]
): Promise<Map<string, readonly DiskUse[]>> {
  const uses = await readHostUses(host.kernel)
  const served = [...uses.served, ...(await exportedDevices(host))]
  const shown = new Map<string, readonly DiskUse[]>()
  for (const disk of disks)
    shown.set(disk, await usesOfDisk(host.kernel, disk, { ...uses, served }))
  return shown
}

/** NQN by the function's own controller or, of a VF without one that has told it, its primary's. */
export async function subsystemOf(host: LinuxHost, fn: PciAddress): Promise<string | null> {
  const own = await nqnOf(host.kernel, fn)
  if (own !== null) return own
  const kinship = await host.kinships.of(fn)
  return kinship.kin === 'vf' ? nqnOf(host.kernel, kinship.pf) : null
}

async function nqnOf(kernel: Kernel, fn: PciAddress): Promise<string | null> {
  const name = await controllerNameOf(kernel, fn)
  if (name === null) return null
  return (await controllerIdentityOf(kernel, name))?.subsystemNqn ?? null
}
