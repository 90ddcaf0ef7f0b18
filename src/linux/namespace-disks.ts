/**
 * The block devices of namespaces. With native multipath a namespace has one head disk `nvmeSnH`, listed under its
 * subsystem, and per controller a hidden path `nvmeScXnH` that has the statistics and no device node; without, one disk
 * `nvmeXnH` per controller. H is no nsid.
 * Source: Linux drivers/nvme/host/multipath.c, nvme_mpath_alloc_disk, nvme_mpath_set_disk_name.
 */
import type { Kernel } from '../kernel/kernel.ts'
import { ifPresent, readCount, readText } from './small-files.ts'
import { controllerPath, NVME_SUBSYSTEMS } from './sysfs-paths.ts'

export type NamespaceDisk = {
  readonly subsystemNqn: string
  readonly nsid: number
  /** Has a device node: a head, or the disk of a controller without multipath. */
  readonly disk: string
}

const VISIBLE = /^nvme\d+n\d+$/
/** A hidden path, or an ordinary disk: both have hardware queues. */
const PATH = /^nvme\d+(c\d+)?n\d+$/

/** Every disk of every NVMe namespace on the host. */
export async function namespaceDisks(kernel: Kernel): Promise<readonly NamespaceDisk[]> {
  const found: NamespaceDisk[] = []
  for await (const { nqn, path, names, controllers } of nvmeSubsystems(kernel)) {
    found.push(...(await disksIn(kernel, nqn, path, names)))
    for (const name of controllers) {
      const own = (await listOf(kernel, controllerPath(name))) ?? []
      found.push(...(await disksIn(kernel, nqn, controllerPath(name), own)))
    }
  }
  return found
}

type NvmeSubsystem = {
  readonly nqn: string
  readonly path: string
  /** All that it lists: attributes, heads, controllers. */
  readonly names: readonly string[]
  readonly controllers: readonly string[]
}

/** Those of the host, each read when it is asked for. */
export async function* nvmeSubsystems(kernel: Kernel): AsyncGenerator<NvmeSubsystem> {
  for (const subsystem of (await listOf(kernel, NVME_SUBSYSTEMS)) ?? []) {
    const path = `${NVME_SUBSYSTEMS}/${subsystem}`
    const nqn = await ifPresent(readText(kernel.call, `${path}/subsysnqn`))
    const names = await listOf(kernel, path)
    if (nqn === null || names === null) continue
    const controllers = names.filter((name) => /^nvme\d+$/.test(name))
    yield { nqn, path, names, controllers }
  }
}

function listOf(kernel: Kernel, path: string): Promise<readonly string[] | null> {
  return ifPresent(kernel.call({ call: 'readDir', path }))
}

/**
 * Its own, or the head of the controller's subsystem, which may have some of both: a private namespace whose nsid another
 * controller uses too has no head (nvme_is_unique_nsid). So another controller's disk is never it. null: the host has none (yet).
 */
export async function diskOfNamespace(
  kernel: Kernel,
  controller: string,
  nsid: number
): Promise<string | null> {
  const own = controllerPath(controller)
  for await (const { nqn, path, names, controllers } of nvmeSubsystems(kernel)) {
    if (!controllers.includes(controller)) continue
    const ofController = await disksIn(kernel, nqn, own, (await listOf(kernel, own)) ?? [])
    const heads = await disksIn(kernel, nqn, path, names)
    return [...ofController, ...heads].find((one) => one.nsid === nsid)?.disk ?? null
  }
  return null
}

async function disksIn(
  kernel: Kernel,
  subsystemNqn: string,
  base: string,
  names: readonly string[]
): Promise<readonly NamespaceDisk[]> {
  const found: NamespaceDisk[] = []
  for (const disk of names.filter((name) => VISIBLE.test(name))) {
    const nsid = await ifPresent(readCount(kernel.call, `${base}/${disk}/nsid`))
    if (nsid !== null) found.push({ subsystemNqn, nsid, disk })
  }
  return found
}

/** Disks of one controller that have its hardware queues and statistics, sorted. */
export async function pathDisksOf(
  kernel: Kernel,
  controller: string
): Promise<readonly string[]> {
  const path = controllerPath(controller)
  const names = await ifPresent(kernel.call({ call: 'readDir', path }))
  return (names ?? []).filter((name) => PATH.test(name)).sort()
}

/** `nvme0c1n2` is a path of `nvme0n2`; a disk without multipath is its own. */
export function headOf(path: string): string {
  return path.replace(/c\d+/, '')
}
