/**
 * What on this host uses a disk. The kernel protects none of it: a mounted file system is torn away by unbinding. Mounts
 * are compared by device number, since paths differ between mount namespaces; by source too, since btrfs and others have
 * a number of their own.
 * Source: Linux Documentation/filesystems/proc.rst (mountinfo, swaps), Documentation/ABI/testing/sysfs-block.
 */
import type { Kernel } from '../kernel/kernel.ts'
import type { UseNow } from '../host/query.ts'
import { loopDevices, type Served } from './served-devices.ts'
import { ifPresent, ifReadable, readText } from './small-files.ts'
import { BLOCK, lastPart } from './sysfs-paths.ts'

export type DiskUse = Omit<UseNow, 'nsid'>

export type HostUses = {
  readonly mounts: readonly Mount[]
  /** Devices that are swapped to: `nvme0n1p2`. */
  readonly swaps: readonly string[]
  /** Devices that the kernel has open for something that leaves no link among their holders. */
  readonly served: readonly Served[]
}

export type Mount = {
  /** `259:1` */
  readonly device: string
  readonly mountPoint: string
  /** As `/dev/nvme0n1`; other file systems have any text. */
  readonly source: string
}

/** What is mounted and swapped to, as process 1 sees it; as we do, where it will not show us. */
export async function readHostUses(kernel: Kernel): Promise<HostUses> {
  const mounts =
    (await ifReadable(readText(kernel.call, '/proc/1/mountinfo'))) ??
    (await readText(kernel.call, '/proc/self/mountinfo'))
  const swaps = await ifReadable(readText(kernel.call, '/proc/swaps'))
  return {
    mounts: parseMountinfo(mounts),
    swaps: parseSwaps(swaps ?? ''),
    served: await loopDevices(kernel),
  }
}

/** Of the disk and each of its partitions. */
export async function usesOfDisk(
  kernel: Kernel,
  disk: string,
  uses: HostUses
): Promise<readonly DiskUse[]> {
  const found = [...(await usesOf(kernel, disk, `${BLOCK}/${disk}`, uses))]
  for (const partition of await partitionsOf(kernel, disk)) {
    const path = `${BLOCK}/${disk}/${partition}`
    found.push(...(await usesOf(kernel, partition, path, uses)))
  }
  return found
}

async function usesOf(
  kernel: Kernel,
  disk: string,
  path: string,
  { mounts, swaps, served }: HostUses
): Promise<readonly DiskUse[]> {
  const device = await ifPresent(readText(kernel.call, `${path}/dev`))
  const mounted = mounts.filter(
    (mount) => mount.device === device || mount.source === `/dev/${disk}`
  )
  const holders = await ifPresent(kernel.call({ call: 'readDir', path: `${path}/holders` }))
  return [
    ...mounted.map(({ mountPoint }) => ({ disk, use: 'mount' as const, by: mountPoint })),
    ...(swaps.includes(disk) ? [{ disk, use: 'swap' as const, by: '/proc/swaps' }] : []),
    ...(holders ?? []).map((by) => ({ disk, use: 'holder' as const, by })),
    ...served
      .filter((one) => one.device === disk)
      .map(({ by }) => ({ disk, use: 'holder' as const, by })),
  ]
}

export async function partitionsOf(
  kernel: Kernel,
  disk: string
): Promise<readonly string[]> {
  const names = await ifPresent(kernel.call({ call: 'readDir', path: `${BLOCK}/${disk}` }))
  return (names ?? []).filter((name) => new RegExp(`^${disk}p\\d+$`).test(name))
}

/** Fields: id, parent, major:minor, root, mount point, options, optional fields, `-`, type, source, options. */
export function parseMountinfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ')
    const [, , device, , mountPoint] = fields
    if (device === undefined || mountPoint === undefined) return []
    const source = fields[fields.indexOf('-', 6) + 2] ?? ''
    return [{ device, mountPoint: unescapeOctal(mountPoint), source }]
  })
}

/** One line per device after the header, its path first. */
export function parseSwaps(text: string): readonly string[] {
  const paths = text.split('\n').slice(1)
  return paths.flatMap((line) => {
    const path = unescapeOctal(line.split(/\s/)[0] ?? '')
    return path.startsWith('/dev/') ? [lastPart(path)] : []
  })
}

/** Blanks and backslashes stand as octal in both files (Linux fs/seq_file.c, mangle_path). */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8))
  )
}
