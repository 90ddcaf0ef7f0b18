/** The namespaces of each subsystem, asked of one controller that can answer for it. */
import type { FunctionObservation, NamespaceObservation } from '../../host/observation.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { readHostUses, usesOfDisk, type HostUses } from '../disk-uses.ts'
import { grouped } from '../grouped.ts'
import { LaneBlocked, type LaneSession } from '../lane-session.ts'
import { namespaceDisks, type NamespaceDisk } from '../namespace-disks.ts'
import {
  activeNamespaceIds,
  attachedControllers,
  identifyNamespace,
  namespaceDescriptors,
  namespaceIds,
} from '../nvme-commands.ts'
import { unlessRefused } from './observe-controller.ts'

/** A live controller of a subsystem, and the session of its lane. */
export type Spokesman = {
  readonly session: LaneSession
  readonly controller: NonNullable<FunctionObservation['controller']>
}

type OnHost = {
  readonly kernel: Kernel
  readonly disks: readonly NamespaceDisk[]
  readonly uses: HostUses
}

export async function observeNamespaces(
  kernel: Kernel,
  candidates: readonly Spokesman[]
): Promise<readonly NamespaceObservation[]> {
  const onHost: OnHost = {
    kernel,
    disks: await namespaceDisks(kernel),
    uses: await readHostUses(kernel),
  }
  const bySubsystem = grouped(candidates, ({ controller }) => controller.subsystemNqn)
  const found = await Promise.all(
    Array.from(bySubsystem.values(), (spokesmen) => ofSubsystem(onHost, spokesmen))
  )
  return found.flat()
}

/** The best informed first; the next one where a lane hangs or a drive refuses. */
async function ofSubsystem(
  onHost: OnHost,
  spokesmen: readonly Spokesman[]
): Promise<readonly NamespaceObservation[]> {
  const informed = ({ controller }: Spokesman) => controller.secondaries.length
  const inOrder = [...spokesmen].sort((a, b) => informed(b) - informed(a))
  for (const spokesman of inOrder) {
    const found = await unlessBlocked(unlessRefused(askedOf(onHost, spokesman)))
    if (found !== null) return found
  }
  return []
}

async function askedOf(
  onHost: OnHost,
  spokesman: Spokesman
): Promise<readonly NamespaceObservation[]> {
  const { session, controller } = spokesman
  const active = await activeNamespaceIds(session, controller.name)
  const found: NamespaceObservation[] = []
  for (const nsid of await namespaceIds(session, controller.name)) {
    const isActive = active.includes(nsid)
    const observed = await observeNamespace(onHost, spokesman, nsid, isActive)
    if (observed !== null) found.push(observed)
  }
  return found
}

/** null: deleted in the meantime. */
async function observeNamespace(
  onHost: OnHost,
  { session, controller }: Spokesman,
  nsid: number,
  isActive: boolean
): Promise<NamespaceObservation | null> {
  const { name, cntlid, subsystemNqn, serial } = controller
  const identified = await identifyNamespace(session, name, nsid)
  if (identified === undefined) return null
  const attached = await unlessRefused(attachedControllers(session, name, nsid))
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
    // A controller outside of a subsystem refuses the list (QEMU up to 9.0), and is then the only one.
    attachedTo: attached ?? (isActive ? [cntlid] : []),
    disks,
    uses: await usesOf(onHost, nsid, disks),
  }
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

async function unlessBlocked<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (cause) {
    if (cause instanceof LaneBlocked) return null
    throw cause
  }
}
