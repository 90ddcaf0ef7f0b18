/** What on this host uses the namespaces of a function's subsystem, open files included. */
import type { HostQuery, UseNow } from '../../host/query.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import {
  exclusive,
  inWords,
  isOpenExclusively,
  lastingOpeners,
  openersOf,
} from '../disk-openers.ts'
import { readHostUses, usesOfDisk, type DiskUse, type HostUses } from '../disk-uses.ts'
import type { LinuxHost } from '../in-lane.ts'
import type { LaneSession } from '../lane-session.ts'
import { namespaceDisks } from '../namespace-disks.ts'
import { controllerNameOf } from '../nvme-controller.ts'
import { ifPresent, readText } from '../small-files.ts'
import { controllerPath } from '../sysfs-paths.ts'

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
  const uses = await readHostUses(host.kernel)
  const found: UseNow[] = []
  for (const { nsid, disk } of disks) {
    const ofDisk = await usesNow(host, session, disk, uses)
    found.push(...ofDisk.map((use) => ({ nsid, ...use })))
  }
  return found
}

/** An opener of what shows otherwise (a mount, a holder) is not told twice. */
async function usesNow(
  { kernel, clock }: LinuxHost,
  session: LaneSession,
  disk: string,
  uses: HostUses
): Promise<readonly DiskUse[]> {
  const shown = await usesOfDisk(kernel, disk, uses)
  if (shown.length > 0) return shown
  if (await isOpenExclusively(session, disk)) {
    return [exclusive(disk, await openersOf(kernel, disk))]
  }
  const by = inWords(await lastingOpeners(kernel, disk, clock))
  return by === '' ? [] : [{ disk, use: 'open', by }]
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
