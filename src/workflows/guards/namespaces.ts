/** May these namespaces be given to new VFs? Nobody else may reach them: neither the host nor another VF. */
import type { Refusal } from '../../errors.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { HostDriverError } from '../../host/driver.ts'
import type { SecondaryController } from '../../nvme/secondary-controller.ts'
import type { Ask } from '../host-session.ts'
import { refuseOther, type ExpectedController } from './identity.ts'

export type AttachedNamespace = {
  readonly nsid: number
  /** Whoever's they are. */
  readonly cntlids: readonly number[]
}

type Reach = {
  /** Controllers of the subsystem that can have VFs, the asked one included. */
  readonly primaries: readonly ExpectedController[]
  /** cntlids that are to get the namespaces. */
  readonly receivers: readonly number[]
}

/**
 * Refuses namespaces that anybody else is attached to: controllers of this host or of another one, and secondaries that
 * are online. Secondaries in the pool of any primary may be: some drives attach namespaces to every VF that appears,
 * and nothing can be read through one that is offline.
 */
export async function refuseAttachedElsewhere(
  ask: Ask,
  pf: PciAddress,
  nsids: readonly number[],
  reach: Reach
): Promise<readonly Refusal[]> {
  return refuseElsewhere(ask, pf, await attachedNow(ask, pf, nsids), reach)
}

export async function attachedNow(
  ask: Ask,
  pf: PciAddress,
  nsids: readonly number[]
): Promise<readonly AttachedNamespace[]> {
  const attached: AttachedNamespace[] = []
  for (const nsid of nsids) {
    const { cntlids } = await ask({ read: 'attachedControllers', pf, nsid })
    attached.push({ nsid, cntlids })
  }
  return attached
}

/** The same of what was read already. The primaries are asked only where somebody has one: each may hang. */
export async function refuseElsewhere(
  ask: Ask,
  pf: PciAddress,
  attached: readonly AttachedNamespace[],
  { primaries, receivers }: Reach
): Promise<readonly Refusal[]> {
  const elsewhere = attached.flatMap(({ nsid, cntlids }) =>
    cntlids.filter((id) => !receivers.includes(id)).map((cntlid) => ({ nsid, cntlid }))
  )
  if (elsewhere.length === 0) return []
  const pooled = await pooledSecondaries(ask, primaries)
  return elsewhere
    .filter(({ cntlid }) => !pooled.includes(cntlid))
    .map(({ nsid, cntlid }) => attachedElsewhere(pf, nsid, cntlid))
}

/** cntlids. Of a primary that does not answer, as one in a guest, none is known to be in its pool. */
async function pooledSecondaries(
  ask: Ask,
  primaries: readonly ExpectedController[]
): Promise<readonly number[]> {
  const pooled: number[] = []
  for (const primary of primaries) {
    const listed = await secondariesOf(ask, primary)
    const offline = listed.filter(({ state }) => state === 'offline')
    pooled.push(...offline.map(({ cntlid }) => cntlid))
  }
  return pooled
}

async function secondariesOf(
  ask: Ask,
  controller: ExpectedController
): Promise<readonly SecondaryController[]> {
  try {
    const target = { fn: controller.address, controller, vfNumber: null }
    if ((await refuseOther(ask, target)).length > 0) return []
    return (await ask({ read: 'secondaries', pf: controller.address })).secondaries
  } catch (error) {
    if (error instanceof HostDriverError) return []
    throw error
  }
}

export function attachedElsewhere(pf: PciAddress, nsid: number, cntlid: number): Refusal {
  return {
    check: 'namespace-attached-elsewhere',
    device: `${pf} namespace ${nsid}`,
    reason: `namespace ${nsid} is attached to controller ${cntlid}, which could read and write it too`,
    remedy: `Detach namespace ${nsid} from controller ${cntlid}.`,
  }
}

/** What somebody attached or detached behind our back must not reach a guest unseen. @param remedy default: of a VF */
export async function refuseOtherNamespaces(
  ask: Ask,
  pf: PciAddress,
  cntlid: number,
  wanted: readonly number[],
  remedy = 'Retire the virtual function and provision it again.'
): Promise<readonly Refusal[]> {
  const { nsids } = await ask({ read: 'attachments', pf, cntlid })
  const found = nsids.toSorted((a, b) => a - b)
  const asked = wanted.toSorted((a, b) => a - b)
  if (found.join() === asked.join()) return []
  return [
    {
      check: 'namespaces-changed',
      device: `${pf} controller ${cntlid}`,
      reason: `controller ${cntlid} is attached to ${inWords(found)}, and is to have ${inWords(asked)}`,
      remedy,
    },
  ]
}

function inWords(nsids: readonly number[]): string {
  return nsids.length === 0 ? 'no namespace' : `namespaces ${nsids.join(', ')}`
}
