/** One namespace: what its drive says of it, and what the host has and does with it. */
import type { FunctionObservation, NamespaceObservation } from '../../host/observation.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { usesOfDisk, type HostUses } from '../disk-uses.ts'
import type { LaneSession } from '../lane-session.ts'
import type { NamespaceDisk } from '../namespace-disks.ts'
import { identifyNamespace, listsOf, orInstead } from '../namespace-lists.ts'
import { attachedControllers, namespaceDescriptors } from '../nvme-commands.ts'

/** A live controller of a subsystem, and the session of its lane. */
export type Spokesman = {
  readonly session: LaneSession
  readonly fn: PciAddress
  readonly controller: NonNullable<FunctionObservation['controller']>
}

/** What is the same for all namespaces of a scan. */
export type OnHost = {
  readonly kernel: Kernel
  readonly disks: readonly NamespaceDisk[]
  readonly uses: HostUses
}

/** null: deleted in the meantime. */
export async function observeNamespace(
  onHost: OnHost,
  { session, controller }: Spokesman,
  nsid: number,
  isActive: boolean
): Promise<NamespaceObservation | null> {
  const { name, subsystemNqn, serial } = controller
  const identified = await identifyNamespace(
    session,
    name,
    nsid,
    listsOf(controller.capabilities)
  )
  if (identified === undefined) return null
  const attachedTo = await attachedOrOwn(session, controller, nsid, isActive)
  const descriptors = isActive ? await namespaceDescriptors(session, name, nsid) : null
  const disks = onHost.disks
    .filter((disk) => disk.subsystemNqn === subsystemNqn && disk.nsid === nsid)
    .map(({ disk }) => disk)
  return {
    subsystemNqn,
    serial,
    nsid,
    nguid: identified.nguid ?? descriptors?.nguid ?? null,
    eui64: identified.eui64 ?? descriptors?.eui64 ?? null,
    uuid: descriptors?.uuid ?? null,
    sizeBytes: String(identified.sizeBytes),
    blockBytes: identified.blockBytes,
    metadataBytes: identified.metadataBytes,
    shared: identified.shared,
    attachedTo,
    disks,
    uses: await usesOf(onHost, nsid, disks),
  }
}

/** A controller outside of a subsystem does not know the list (QEMU up to 9.0), and is then the only one. */
function attachedOrOwn(
  session: LaneSession,
  controller: Spokesman['controller'],
  nsid: number,
  isActive: boolean
): Promise<readonly number[]> {
  const { name, cntlid } = controller
  return orInstead<readonly number[]>(
    listsOf(controller.capabilities),
    () => attachedControllers(session, name, nsid),
    () => Promise.resolve(isActive ? [cntlid] : [])
  )
}

async function usesOf(
  { kernel, uses }: OnHost,
  nsid: number,
  disks: readonly string[]
): Promise<NamespaceObservation['uses']> {
  const found: NamespaceObservation['uses'][number][] = []
  for (const disk of disks) {
    const ofDisk = await usesOfDisk(kernel, disk, uses)
    found.push(...ofDisk.map((use) => ({ nsid, ...use })))
  }
  return found
}
