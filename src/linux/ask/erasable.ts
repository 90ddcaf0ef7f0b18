/** What can be erased through a function, and how; how its drive is; and what an erase has left. */
import type { DriveCondition, Erasable, HostQuery } from '../../host/query.ts'
import type { CurrentFormat } from '../../nvme/admin-commands.ts'
import { chooseErase } from '../../nvme/erase-method.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { LinuxHost } from '../in-lane.ts'
import type { LaneSession } from '../lane-session.ts'
import { heldDisk, readMarkers } from '../namespace-disk.ts'
import { identifyNamespace, listsOf } from '../namespace-lists.ts'
import { activeNamespaceIds, identifyController, smartLog } from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'

export async function readCondition(
  session: LaneSession,
  fn: PciAddress
): Promise<DriveCondition> {
  const name = await liveController(session.kernel, fn)
  const { firmware } = await identifyController(session, name)
  const { percentageUsed, dataUnitsWritten, mediaErrors } = await smartLog(session, name)
  return {
    firmware,
    percentageUsed,
    dataUnitsWritten: String(dataUnitsWritten),
    mediaErrors: String(mediaErrors),
  }
}

/** Without `nsids`, all that are attached to the function. One that is not allocated any more is left out. */
export async function readErasable(
  session: LaneSession,
  { fn, nsids }: Extract<HostQuery, { readonly read: 'erasable' }>
): Promise<Erasable> {
  const name = await liveController(session.kernel, fn)
  const identified = await identifyController(session, name)
  const lists = listsOf(identified.optional)
  const asked = nsids ?? (await activeNamespaceIds(session, name))
  const namespaces: Erasable['namespaces'][number][] = []
  for (const nsid of asked) {
    const found = await identifyNamespace(session, name, nsid, lists)
    if (!found) continue
    const { sizeBytes, blockBytes, metadataBytes } = found
    namespaces.push({ nsid, sizeBytes: Number(sizeBytes), blockBytes, metadataBytes })
  }
  return { erase: chooseErase(identified), namespaces }
}

/** null: not allocated any more. */
export async function readFormat(
  session: LaneSession,
  { fn, nsid }: Pick<Extract<HostQuery, { readonly read: 'format' }>, 'fn' | 'nsid'>
): Promise<CurrentFormat | null> {
  const name = await liveController(session.kernel, fn)
  const { optional } = await identifyController(session, name)
  const found = await identifyNamespace(session, name, nsid, listsOf(optional))
  if (!found) return null
  const { formatIndex, metadataInterleaved, protection } = found
  return { formatIndex, metadataInterleaved, protection }
}

/** Holds the disk, if it is not held. */
export async function readMarkersOn(
  host: LinuxHost,
  session: LaneSession,
  query: Extract<HostQuery, { readonly read: 'markers' }>,
  withinMs: number
) {
  const path = await heldDisk(host, session, query, withinMs)
  return readMarkers(session, path, query.markers)
}
