/**
 * Disks that the kernel itself has open, without being among their holders: here those below a loop device.
 * Source: Linux Documentation/ABI/testing/sysfs-block-loop.
 */
import type { Kernel } from '../kernel/kernel.ts'
import { ifReadable, readText } from './small-files.ts'
import { BLOCK, lastPart } from './sysfs-paths.ts'

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

async function namesIn(kernel: Kernel, path: string): Promise<readonly string[]> {
  return (await ifReadable(kernel.call({ call: 'readDir', path }))) ?? []
}
