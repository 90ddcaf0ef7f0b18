/**
 * The namespaces of each subsystem, asked of one controller that can answer for it. All of them or none: what a refusal
 * leaves out would seem to have gone.
 */
import type { HostObservation, NamespaceObservation } from '../../host/observation.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { readHostUses } from '../disk-uses.ts'
import { grouped } from '../grouped.ts'
import { LaneBlocked } from '../lane-session.ts'
import { namespaceDisks } from '../namespace-disks.ts'
import { listsOf, namespaceIds } from '../namespace-lists.ts'
import { activeNamespaceIds } from '../nvme-commands.ts'
import { controllerIdentityOf, controllerNameOf } from '../nvme-controller.ts'
import { unlessRefused } from './observe-controller.ts'
import { observeNamespace, type OnHost, type Spokesman } from './observe-namespace.ts'

export async function observeNamespaces(
  kernel: Kernel,
  candidates: readonly Spokesman[]
): Promise<Pick<HostObservation, 'namespaces' | 'listed'>> {
  const onHost: OnHost = {
    kernel,
    disks: await namespaceDisks(kernel),
    uses: await readHostUses(kernel),
  }
  const bySubsystem = grouped(candidates, ({ controller }) => controller.subsystemNqn)
  const listings = await Promise.all(
    Array.from(bySubsystem.values(), (spokesmen) => ofSubsystem(onHost, spokesmen))
  )
  return {
    namespaces: listings.flatMap((listing) => listing?.namespaces ?? []),
    listed: listings.flatMap((listing) => (listing ? [listing.of] : [])),
  }
}

type Listing = {
  readonly of: HostObservation['listed'][number]
  readonly namespaces: readonly NamespaceObservation[]
}

/** The best informed first; the next one where a lane hangs or a drive refuses. null: nobody told. */
async function ofSubsystem(
  onHost: OnHost,
  spokesmen: readonly Spokesman[]
): Promise<Listing | null> {
  const informed = ({ controller }: Spokesman) => controller.secondaries.length
  const inOrder = [...spokesmen].sort((a, b) => informed(b) - informed(a))
  for (const spokesman of inOrder) {
    const namespaces = await unlessBlocked(unlessRefused(askedOf(onHost, spokesman)))
    const { subsystemNqn, serial } = spokesman.controller
    if (namespaces !== null) return { of: { subsystemNqn, serial }, namespaces }
  }
  return null
}

/** null: its name is another's by now, and so may be what was told under it. */
async function askedOf(
  onHost: OnHost,
  spokesman: Spokesman
): Promise<readonly NamespaceObservation[] | null> {
  if (!(await isStillThere(onHost, spokesman))) return null
  const found = await toldBy(onHost, spokesman)
  return (await isStillThere(onHost, spokesman)) ? found : null
}

/** Between the look at a function and this one lies the wait for every lane: time to be bound anew, or swapped. */
async function isStillThere(
  { kernel }: OnHost,
  { fn, controller: { name, serial, subsystemNqn } }: Spokesman
): Promise<boolean> {
  if ((await controllerNameOf(kernel, fn)) !== name) return false
  const now = await controllerIdentityOf(kernel, name)
  return now?.serial === serial && now.subsystemNqn === subsystemNqn
}

async function toldBy(
  onHost: OnHost,
  spokesman: Spokesman
): Promise<readonly NamespaceObservation[]> {
  const { session, controller } = spokesman
  const { name, capabilities } = controller
  const active = await activeNamespaceIds(session, name)
  const found: NamespaceObservation[] = []
  for (const nsid of await namespaceIds(session, name, listsOf(capabilities))) {
    const isActive = active.includes(nsid)
    const observed = await observeNamespace(onHost, spokesman, nsid, isActive)
    if (observed !== null) found.push(observed)
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
