/**
 * Disks that an NVMe target of this host exports: the kernel has them open without being among their holders.
 * Source: Linux drivers/nvme/target/configfs.c, nvmet_ns_device_path_show; io-cmd-bdev.c, nvmet_bdev_ns_enable, which names
 * no holder.
 *
 * A folder of configfs is locked while something in it is removed, which may wait for I/O: so it is read in a lane.
 */
import { HostDriverError } from '../host/driver.ts'
import { inLane, type LinuxHost } from './in-lane.ts'
import type { Served } from './served-devices.ts'
import { ifReadable, readText, type Caller } from './small-files.ts'
import { lastPart, NVME_TARGETS } from './sysfs-paths.ts'

const LANE = 'nvme-targets'
const DOING = 'listing what NVMe targets export'
const DEADLINE_MS = 5_000

/** @throws {HostDriverError} kernel-refused ETIMEDOUT: the kernel does not come back, so that nothing is known of them */
export async function exportedDevices(host: LinuxHost): Promise<readonly Served[]> {
  // Most hosts have none, and no lane for it.
  if (!(await host.kernel.call({ call: 'exists', path: NVME_TARGETS }))) return []
  const read = await inLane(host, LANE, DOING, { deadlineMs: DEADLINE_MS }, ({ call }) =>
    exportedBy(call)
  )
  if (!read.blocked) return read.value
  throw new HostDriverError(DOING, { kind: 'kernel-refused', errno: 'ETIMEDOUT' })
}

async function exportedBy(call: Caller): Promise<readonly Served[]> {
  const found: Served[] = []
  for (const nqn of await namesIn(call, NVME_TARGETS)) {
    const folder = `${NVME_TARGETS}/${nqn}/namespaces`
    for (const nsid of await namesIn(call, folder)) {
      const path = `${folder}/${nsid}`
      const enabled = await ifReadable(readText(call, `${path}/enable`))
      const device = await ifReadable(readText(call, `${path}/device_path`))
      if (enabled !== '1' || !device?.startsWith('/dev/')) continue
      found.push({ device: await nameOf(call, device), by: `the NVMe target ${nqn}` })
    }
  }
  return found
}

/** A path as somebody wrote it may be one of udev's links. */
async function nameOf(call: Caller, path: string): Promise<string> {
  const link = await ifReadable(call({ call: 'readLink', path }))
  return lastPart(link ?? path)
}

async function namesIn(call: Caller, path: string): Promise<readonly string[]> {
  return (await ifReadable(call({ call: 'readDir', path }))) ?? []
}
