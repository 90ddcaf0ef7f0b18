/**
 * Through which controllers the host reaches a disk: a multipath disk may lose one of them and goes on.
 * Source: Linux drivers/nvme/host/multipath.c, nvme_mpath_set_disk_name, nvme_mpath_remove_disk.
 */
import type { DiskPaths, HostQuery } from '../../host/query.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { LinuxHost } from '../in-lane.ts'
import { headOf, namespaceDisks, nvmeSubsystems, pathDisksOf } from '../namespace-disks.ts'
import { attributesOf } from '../nvme-controller.ts'
import { subsystemOf } from './usage.ts'

export async function readPaths(
  host: LinuxHost,
  { fn, nsids }: Extract<HostQuery, { readonly read: 'paths' }>
): Promise<readonly DiskPaths[]> {
  const nqn = await subsystemOf(host, fn)
  if (nqn === null) return []
  const controllers = await liveControllersOf(host.kernel, nqn)
  return (await namespaceDisks(host.kernel))
    .filter(({ subsystemNqn, nsid }) => subsystemNqn === nqn && nsids.includes(nsid))
    .map(({ nsid, disk }) => ({
      nsid,
      disk,
      cntlids: controllers
        .filter(({ disks }) => disks.some((path) => headOf(path) === disk))
        .map(({ cntlid }) => cntlid),
    }))
}

type LiveController = { readonly cntlid: number; readonly disks: readonly string[] }

async function liveControllersOf(
  kernel: Kernel,
  nqn: string
): Promise<readonly LiveController[]> {
  const found: LiveController[] = []
  for await (const subsystem of nvmeSubsystems(kernel)) {
    if (subsystem.nqn !== nqn) continue
    for (const name of subsystem.controllers) {
      const attributes = await attributesOf(kernel, name)
      if (attributes?.state !== 'live') continue
      found.push({
        cntlid: attributes.cntlid,
        disks: await pathDisksOf(kernel, name),
      })
    }
  }
  return found
}
