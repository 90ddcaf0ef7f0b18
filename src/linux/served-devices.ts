/**
 * Disks that the kernel itself has open, without being among their holders: below a loop device, and as namespaces of an
 * NVMe target. Source: Linux Documentation/ABI/testing/sysfs-block-loop; drivers/nvme/target/configfs.c,
 * nvmet_ns_device_path_show; io-cmd-bdev.c, nvmet_bdev_ns_enable, which names no holder.
 */
import type { Kernel } from '../kernel/kernel.ts'
import { ifReadable, readText } from './small-files.ts'
import { BLOCK, lastPart, NVME_TARGETS } from './sysfs-paths.ts'

export type Served = {
  /** `nvme0n1p2` */
  readonly device: string
  /** `loop0`; or an NVMe target, by its NQN. */
  readonly by: string
}

export async function loopDevices(kernel: Kernel): Promise<readonly Served[]> {
  const loops = (await namesIn(kernel, BLOCK)).filter((name) => /^loop\d+$/.test(name))
  const found: Served[] = []
  for (const loop of loops) {
    const path = `${BLOCK}/${loop}/loop/backing_file`
    const file = await ifReadable(readText(kernel.call, path))
    if (file?.startsWith('/dev/')) found.push({ device: lastPart(file), by: loop })
  }
  return found
}

export async function exportedDevices(kernel: Kernel): Promise<readonly Served[]> {
  const found: Served[] = []
  for (const nqn of await namesIn(kernel, NVME_TARGETS)) {
    const folder = `${NVME_TARGETS}/${nqn}/namespaces`
    for (const nsid of await namesIn(kernel, folder)) {
      const path = `${folder}/${nsid}`
      const enabled = await ifReadable(readText(kernel.call, `${path}/enable`))
      const device = await ifReadable(readText(kernel.call, `${path}/device_path`))
      if (enabled !== '1' || !device?.startsWith('/dev/')) continue
      found.push({ device: await nameOf(kernel, device), by: `the NVMe target ${nqn}` })
    }
  }
  return found
}

/** A path as somebody wrote it may be one of udev's links. */
async function nameOf(kernel: Kernel, path: string): Promise<string> {
  const link = await ifReadable(kernel.call({ call: 'readLink', path }))
  return lastPart(link ?? path)
}

async function namesIn(kernel: Kernel, path: string): Promise<readonly string[]> {
  return (await ifReadable(kernel.call({ call: 'readDir', path }))) ?? []
}
