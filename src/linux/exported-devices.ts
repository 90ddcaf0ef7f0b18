/**
 * Disks that an NVMe target of this host exports, one by one or by passing their controller through: the kernel uses them
 * without being among their holders.
 * Source: Linux drivers/nvme/target/configfs.c, nvmet_ns_device_path_show; io-cmd-bdev.c, nvmet_bdev_ns_enable, which names
 * no holder; passthru.c, nvmet_passthru_ctrl_enable, which keeps no file open either.
 *
 * A folder of configfs is locked while something in it is removed, which may wait for I/O: so it is read in a lane.
 */
import { HostDriverError } from '../host/driver.ts'
import { inLane, type LinuxHost } from './in-lane.ts'
import type { LaneSession } from './lane-session.ts'
import { headOf, pathDisksOf } from './namespace-disks.ts'
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
  const read = await inLane(host, LANE, DOING, { deadlineMs: DEADLINE_MS }, exportedBy)
  if (!read.blocked) return read.value
  throw new HostDriverError(DOING, { kind: 'kernel-refused', errno: 'ETIMEDOUT' })
}

async function exportedBy(session: LaneSession): Promise<readonly Served[]> {
  const found: Served[] = []
  for (const nqn of await namesIn(session.call, NVME_TARGETS)) {
    const target = `${NVME_TARGETS}/${nqn}`
    const devices = [
      ...(await namespacesOf(session.call, target)),
      ...(await passedThrough(session, target)),
    ]
    found.push(...devices.map((device) => ({ device, by: `the NVMe target ${nqn}` })))
  }
  return found
}

async function namespacesOf(call: Caller, target: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const nsid of await namesIn(call, `${target}/namespaces`)) {
    const device = await enabledDevice(call, `${target}/namespaces/${nsid}`)
    if (device !== null) found.push(device)
  }
  return found
}

/** Whatever the controller has attached: with multipath those are heads that others may have as well. */
async function passedThrough(
  { call, kernel }: LaneSession,
  target: string
): Promise<readonly string[]> {
  const controller = await enabledDevice(call, `${target}/passthru`)
  return controller === null ? [] : (await pathDisksOf(kernel, controller)).map(headOf)
}

/** Its name; null: nothing is exported there. */
async function enabledDevice(call: Caller, folder: string): Promise<string | null> {
  const enabled = await ifReadable(readText(call, `${folder}/enable`))
  const device = await ifReadable(readText(call, `${folder}/device_path`))
  return enabled === '1' && device?.startsWith('/dev/') ? nameOf(call, device) : null
}

/** A path as somebody wrote it may be one of udev's links. */
async function nameOf(call: Caller, path: string): Promise<string> {
  const link = await ifReadable(call({ call: 'readLink', path }))
  return lastPart(link ?? path)
}

async function namesIn(call: Caller, path: string): Promise<readonly string[]> {
  return (await ifReadable(call({ call: 'readDir', path }))) ?? []
}
