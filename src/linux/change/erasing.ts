/**
 * Erasing one namespace: markers, a Format or an overwrite, and what is still to be read afterwards.
 * Source: NVMe Base 2.1, "Format NVM command"; Linux drivers/nvme/host/ioctl.c (it comes back when the Format has ended).
 */
import type { ChangeOf, HostChange } from '../../host/change.ts'
import { HostDriverError } from '../../host/driver.ts'
import { MAX_ZERO_BYTES } from '../../kernel/call.ts'
import {
  formatNvm,
  type CurrentFormat,
  type NvmeAdminCommand,
} from '../../nvme/admin-commands.ts'
import { markerOf, type Markers } from '../../nvme/erase-markers.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { LinuxHost } from '../in-lane.ts'
import { readFormat } from '../ask/erasable.ts'
import type { LaneSession } from '../lane-session.ts'
import { heldDisk, readMarkers } from '../namespace-disk.ts'
import { diskOfNamespace } from '../namespace-disks.ts'
import { longCommand } from '../nvme-commands.ts'
import { controllerNameOf, liveController } from '../nvme-controller.ts'
import { devicePath } from '../sysfs-paths.ts'
import { changeInWords } from './change-in-words.ts'
import { expectEffect } from './post-condition.ts'

export type EraseChange = ChangeOf<
  'holdDisk' | 'letGoOfDisk' | 'writeMarkers' | 'formatNamespace' | 'overwriteNamespace'
>

const ERASES: readonly HostChange['change'][] = [
  'holdDisk',
  'writeMarkers',
  'formatNamespace',
  'overwriteNamespace',
  'letGoOfDisk',
]

export function isErase(change: HostChange): change is EraseChange {
  return ERASES.includes(change.change)
}

/** @throws {HostDriverError} gone, kernel-refused (EBUSY: somebody has the disk), nvme-refused, no-effect, controller-not-live */
export async function erase(
  host: LinuxHost,
  session: LaneSession,
  change: EraseChange,
  withinMs: number
): Promise<void> {
  if (change.change === 'letGoOfDisk') return letGo(host, session, change)
  const path = await heldDisk(host, session, change, withinMs)
  switch (change.change) {
    case 'holdDisk':
      return
    case 'writeMarkers':
      return writeMarkers(session, path, change)
    case 'formatNamespace':
      return format(session, path, change)
    case 'overwriteNamespace':
      return overwrite(session, path, change)
  }
}

async function writeMarkers(
  session: LaneSession,
  path: string,
  change: ChangeOf<'writeMarkers' | 'formatNamespace'>
): Promise<void> {
  const { markers } = change
  const before = await readMarkers(session, path, markers)
  for (const write of markerWrites(markers, before.marked)) {
    await session.call({ call: 'writeBlocks', path, ...write })
  }
  const { marked } = await readMarkers(session, path, markers)
  const expected = `${markers.blocks.length} markers`
  expectEffect(change, { expected, found: `${marked.length} markers` })
}

/** @param marked blocks that have their marker already */
export function markerWrites(markers: Markers, marked: readonly number[]) {
  return markers.blocks
    .filter((block) => !marked.includes(block))
    .map((block) => ({
      offset: block * markers.blockBytes,
      bytes: markerOf(markers, block),
    }))
}

/**
 * Done when its own command has been heard to succeed, be it late. That no marker is left says only that it was begun: a drive
 * drops its mapping first, and may fail afterwards. So it is sent again where nobody heard it, after new markers.
 */
async function format(
  session: LaneSession,
  path: string,
  change: ChangeOf<'formatNamespace'>
): Promise<void> {
  const { fn, nsid, markers } = change
  const sent = formatCommand(change, await readFormat(session, { fn, nsid }))
  const name = await liveController(session.kernel, fn)
  await longCommand(session, name, sent, markers.token, () =>
    writeMarkers(session, path, change)
  )
  const { marked } = await readMarkers(session, path, markers)
  expectEffect(change, { expected: '0 markers', found: `${marked.length} markers` })
}

/** @throws {HostDriverError} gone: the namespace is not allocated any more */
export function formatCommand(
  change: ChangeOf<'formatNamespace'>,
  current: CurrentFormat | null
): NvmeAdminCommand {
  const { nsid, secureErase } = change
  if (current) return formatNvm(nsid, current, secureErase)
  const what = `namespace ${nsid}`
  throw new HostDriverError(changeInWords(change), { kind: 'gone', what })
}

async function overwrite(
  session: LaneSession,
  path: string,
  { fromByte, toByte }: ChangeOf<'overwriteNamespace'>
): Promise<void> {
  for (let offset = fromByte; offset < toByte; offset += MAX_ZERO_BYTES) {
    const length = Math.min(MAX_ZERO_BYTES, toByte - offset)
    await session.call({ call: 'writeZeroes', path, offset, length })
  }
}

/** A disk that has gone is held by nobody. */
async function letGo(
  host: LinuxHost,
  session: LaneSession,
  { fn, nsid }: { readonly fn: PciAddress; readonly nsid: number }
): Promise<void> {
  const name = await controllerNameOf(host.kernel, fn)
  const disk = name === null ? null : await diskOfNamespace(host.kernel, name, nsid)
  if (disk !== null) await session.call({ call: 'letGoDisk', path: devicePath(disk) })
}
