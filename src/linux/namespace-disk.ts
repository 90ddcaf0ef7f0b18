/**
 * The one disk through which a namespace is read and written by a function of this host, held exclusively. Blocks and
 * formats go through a lane of their own: one may take hours, and holds no lock of the device.
 */
import { HostDriverError } from '../host/driver.ts'
import { KernelError } from '../kernel/kernel-error.ts'
import { isMarked, type Markers } from '../nvme/erase-markers.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { whoHas } from './disk-openers.ts'
import type { LinuxHost } from './in-lane.ts'
import type { LaneSession } from './lane-session.ts'
import { diskOfNamespace } from './namespace-disks.ts'
import { liveController } from './nvme-controller.ts'
import { devicePath } from './sysfs-paths.ts'

const POLL_MS = 20

/**
 * Held already: nothing happens. A namespace that was just attached gets its disk a moment later.
 *
 * @returns its path
 * @throws {HostDriverError} gone, when there is no such disk within the time; kernel-refused EBUSY; controller-not-live
 */
export async function heldDisk(
  host: LinuxHost,
  session: LaneSession,
  { fn, nsid }: { readonly fn: PciAddress; readonly nsid: number },
  withinMs: number
): Promise<string> {
  const name = await liveController(host.kernel, fn)
  const until = host.clock.monotonicMs() + withinMs
  for (;;) {
    const isLate = host.clock.monotonicMs() >= until
    const disk = await diskOfNamespace(host.kernel, name, nsid)
    if (disk !== null && (await isHeld(session, disk, isLate))) return devicePath(disk)
    if (isLate) {
      const what = `a disk of namespace ${nsid} behind ${fn}`
      throw new HostDriverError(`looking for ${what}`, { kind: 'gone', what })
    }
    await host.clock.sleep(POLL_MS)
  }
}

/**
 * A disk that has just come is looked at by others for a moment, some of which keep it: device mapper and MD may assemble
 * what a tenant left on it.
 *
 * @returns false: somebody out of sight has it, who may let go
 * @throws {HostDriverError} kernel-refused EBUSY, with who keeps it
 */
async function isHeld(
  session: LaneSession,
  disk: string,
  isLate: boolean
): Promise<boolean> {
  const path = devicePath(disk)
  try {
    await session.call({ call: 'holdDisk', path })
    return true
  } catch (cause) {
    if (!(cause instanceof KernelError) || cause.errno !== 'EBUSY') throw cause
    const who = await whoHas(session.kernel, disk)
    if (who === '' && !isLate) return false
    const doing = `holding ${path}, which ${who || 'a process out of sight'} has already`
    throw new HostDriverError(doing, { kind: 'kernel-refused', errno: cause.errno }, cause)
  }
}

/** What is on the marked blocks now. Numbers of blocks, ascending. */
export async function readMarkers(
  session: LaneSession,
  path: string,
  markers: Markers
): Promise<{ readonly marked: readonly number[]; readonly written: readonly number[] }> {
  const { blocks, blockBytes: length } = markers
  const marked: number[] = []
  const written: number[] = []
  for (const block of blocks) {
    const offset = block * length
    const bytes = await session.call({ call: 'readBlocks', path, offset, length })
    if (isMarked(markers, bytes)) marked.push(block)
    if (bytes.some((byte) => byte !== 0)) written.push(block)
  }
  return { marked, written }
}
