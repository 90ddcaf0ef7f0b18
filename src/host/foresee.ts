/**
 * What a host will answer once changes are made that have not been made: what is there now, and what those changes do to
 * it. For plans; a change itself looks at the host.
 * Source: Linux drivers/pci/iov.c, sriov_enable, sriov_disable; drivers/iommu/iommu.c, iommu_group_claim_dma_owner.
 */
import type { PciAddress } from '../nvme/pci-address.ts'
import type { HostChange } from './change.ts'
import { HostDriverError } from './driver.ts'
import {
  afterAttachments,
  afterAttachmentsOfEach,
  attachedAfter,
  type SelfAttaching,
} from './foresee-attachments.ts'
import { allocatedAfter, allocationAfter } from './foresee-namespaces.ts'
import { markersAfter } from './foresee-markers.ts'
import { primaryAfter } from './foresee-primary.ts'
import { secondariesAfter } from './foresee-secondaries.ts'
import type { IommuGroup } from './observation.ts'
import { traceAfter } from './foresee-trace.ts'
import type { Binding, HostAnswer, HostAnswers, HostQuery, SriovState } from './query.ts'
import { appearingVf, type AskNow, type AppearingVf } from './appearing-vf.ts'
import { Unforeseen } from './unforeseen.ts'

export type Assumed = {
  /** In their order. */
  readonly changes: readonly HostChange[]
  /** What drives are taken to do by themselves. */
  readonly selfAttaching: readonly SelfAttaching[]
}

/** @throws {Unforeseen}; {HostDriverError} gone, of what the changes remove; what `ask` throws */
export async function foresee<Q extends HostQuery>(
  ask: AskNow,
  assumed: Assumed,
  query: Q
): Promise<HostAnswer<Q>> {
  // The one place where an answer is joined with its question again: each branch below answers its own kind.
  return (await answer(ask, assumed, query)) as HostAnswer<Q>
}

async function answer(
  ask: AskNow,
  assumed: Assumed,
  query: HostQuery
): Promise<HostAnswers[HostQuery['read']]> {
  const { changes } = assumed
  switch (query.read) {
    case 'identity':
      return identityAfter(ask, changes, query.fn)
    case 'answering':
      return answeringAfter(ask, changes, query.fn)
    case 'binding':
      return bindingAfter(ask, changes, query.fn)
    case 'group':
      return { group: await groupAfter(ask, changes, query.fn) }
    case 'vfioGroup':
      return vfioGroupAfter(ask, changes, query.fn)
    case 'sriov':
      return sriovAfter(await ask(query), changes, query.pf)
    case 'secondaries':
      return { secondaries: secondariesAfter(await ask(query), changes, query.pf) }
    case 'attachments':
      return { nsids: await afterAttachments(ask, assumed, query) }
    case 'attachmentsOfEach':
      return { attachments: await afterAttachmentsOfEach(ask, assumed, query) }
    case 'attachedControllers':
      return { cntlids: await attachedAfter(ask, assumed, query) }
    case 'primary':
      return primaryAfter(ask, changes, query.pf)
    case 'markers':
      return markersAfter(changes, query)
    case 'tenantReach':
      return reachAfter(ask, changes, query)
    case 'trace':
      return traceAfter(ask, changes)
    case 'condition':
    case 'erasable':
    case 'format':
      return ofDrive(ask, changes, query)
    case 'allocation':
      return allocationAfter(await ofDrive(ask, changes, query), changes, query.fn)
    case 'allocated':
      return allocatedAfter(await ofDrive(ask, changes, query), changes, query.fn)
    case 'isolation':
    case 'usage':
    case 'paths':
    case 'resetMethods':
      return ask(query)
  }
}

function sriovAfter(
  found: SriovState,
  changes: readonly HostChange[],
  pf: PciAddress
): SriovState {
  return changes.reduce((sriov, change) => {
    if (change.change === 'setVfCount' && change.pf === pf) {
      return { ...sriov, vfCount: change.count }
    }
    if (change.change === 'setAutoprobe' && change.pf === pf) {
      return { ...sriov, autoprobe: change.enabled }
    }
    return sriov
  }, found)
}

async function identityAfter(ask: AskNow, changes: readonly HostChange[], fn: PciAddress) {
  const vf = await appearingVf(ask, changes, fn)
  if (vf) {
    const { pci } = await ask({ read: 'identity', fn: vf.pf })
    return { address: fn, pci, vf: { pf: vf.pf, vfNumber: vf.vfNumber } }
  }
  const { controller, ...found } = await ask({ read: 'identity', fn })
  const { driver } = await bindingAfter(ask, changes, fn)
  return controller && driver === 'nvme' ? { ...found, controller } : found
}

async function answeringAfter(ask: AskNow, changes: readonly HostChange[], fn: PciAddress) {
  const vf = await appearingVf(ask, changes, fn)
  if (vf) {
    const { bootId } = await ask({ read: 'answering', fn: vf.pf })
    return { bootId, vf: { pf: vf.pf, vfNumber: vf.vfNumber } }
  }
  const { controller, ...found } = await ask({ read: 'answering', fn })
  const { driver } = await bindingAfter(ask, changes, fn)
  return controller && driver === 'nvme' ? { ...found, controller } : found
}

async function bindingAfter(
  ask: AskNow,
  changes: readonly HostChange[],
  fn: PciAddress
): Promise<Binding> {
  const vf = await appearingVf(ask, changes, fn)
  const found = vf ? bindingAtStart(vf, fn) : await ask({ read: 'binding', fn })
  const since = vf ? changes.slice(vf.at) : changes
  return since.reduce((binding, change) => {
    if (!('fn' in change) || change.fn !== fn) return binding
    if (change.change === 'setOverride') return { ...binding, override: change.driver }
    if (change.change === 'unbind') return { ...binding, driver: null }
    if (change.change !== 'probe') return binding
    return {
      ...binding,
      driver: change.expectDriver === 'none' ? null : change.expectDriver,
    }
  }, found)
}

/** Not probed: a VF whose secondary is offline has no use for a driver. */
function bindingAtStart({ isThere }: AppearingVf, fn: PciAddress): Binding {
  if (isThere) return { driver: null, override: null }
  throw gone(fn)
}

/** null also of a VF that does not exist yet: the kernel groups it as it appears. */
async function groupAfter(
  ask: AskNow,
  changes: readonly HostChange[],
  fn: PciAddress
): Promise<IommuGroup | null> {
  if (await appearingVf(ask, changes, fn)) return null
  const { group } = await ask({ read: 'group', fn })
  if (group === null) return null
  const isBound = changes.some((change) => 'fn' in change && change.fn === fn)
  if (!isBound) return group
  const { driver } = await bindingAfter(ask, changes, fn)
  const members = group.members.map((member) =>
    member.address === fn ? { ...member, driver, blocksVfio: driver === 'nvme' } : member
  )
  return { ...group, members, viable: members.every(({ blocksVfio }) => !blocksVfio) }
}

async function vfioGroupAfter(ask: AskNow, changes: readonly HostChange[], fn: PciAddress) {
  const isChanged = changes.some((change) => 'fn' in change && change.fn === fn)
  const group = isChanged ? await groupAfter(ask, changes, fn) : null
  if (group === null) return ask({ read: 'vfioGroup', fn })
  const path = `/dev/vfio/${group.number}`
  if (group.members.every(({ driver }) => driver !== 'vfio-pci')) throw gone(path)
  return { path, viable: group.viable, held: false, holders: [] }
}

/** The function itself is asked, through the driver that it will have then. */
async function reachAfter(
  ask: AskNow,
  changes: readonly HostChange[],
  query: Extract<HostQuery, { readonly read: 'tenantReach' }>
) {
  const { driver } = await bindingAfter(ask, changes, query.fn)
  return driver === 'nvme' ? ofDrive(ask, changes, query) : { reach: null }
}

type OfDrive =
  'condition' | 'erasable' | 'format' | 'tenantReach' | 'allocation' | 'allocated'

/** What only a drive can tell, and only to the host's driver: these changes do not alter it, and may make it known. */
async function ofDrive<Q extends Extract<HostQuery, { readonly read: OfDrive }>>(
  ask: AskNow,
  changes: readonly HostChange[],
  query: Q
): Promise<HostAnswer<Q>> {
  const { fn, read } = query
  const isBound = changes.some((change) => change.change === 'probe' && change.fn === fn)
  if (isBound && (await driverNow(ask, fn)) !== 'nvme') {
    throw new Unforeseen(`the ${read} of ${fn} can be asked only once nvme has it`)
  }
  return ask(query)
}

/** null also of a function that does not exist yet. */
async function driverNow(ask: AskNow, fn: PciAddress): Promise<string | null> {
  try {
    return (await ask({ read: 'binding', fn })).driver
  } catch (error) {
    if (error instanceof HostDriverError && error.failure.kind === 'gone') return null
    throw error
  }
}

function gone(what: string): HostDriverError {
  return new HostDriverError(`foreseeing ${what}`, { kind: 'gone', what })
}
