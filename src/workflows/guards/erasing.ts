/** May these namespaces be erased? Nobody but the tenant had them, the host does not use them, and the drive erases no more. */
import { isDeepStrictEqual } from 'node:util'
import type { Refusal } from '../../errors.ts'
import { HostDriverError } from '../../host/driver.ts'
import { methodInWords } from '../../nvme/erase-method.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { Found } from '../clean-params.ts'
import type { Ask } from '../host-session.ts'
import { refuseUsedByOthers } from './usage.ts'

export type Erasing = {
  /** A function of the host through which they are erased, and asked about. */
  readonly through: PciAddress
  /** cntlids that may have them. */
  readonly owners: readonly number[]
  readonly found: Found
}

type Nsids = { readonly nsids: readonly number[] }

/** Before anything is moved. */
export async function refuseReachingOthers(
  ask: Ask,
  { through, owners, nsids }: Pick<Erasing, 'through' | 'owners'> & Nsids
): Promise<readonly Refusal[]> {
  const pooled = await pooledOf(ask, through)
  const refusals: Refusal[] = []
  for (const nsid of nsids) {
    const attached = await ask({ read: 'attachedControllers', pf: through, nsid })
    const others = attached.cntlids.filter(
      (id) => !owners.includes(id) && !pooled.includes(id)
    )
    refusals.push(...others.map((cntlid) => reachesOthers(through, nsid, cntlid)))
  }
  return refusals
}

/** Immediately before each write. */
export async function refuseErasing(
  ask: Ask,
  erasing: Erasing
): Promise<readonly Refusal[]> {
  const { through, found } = erasing
  const nsids = found.namespaces.map(({ nsid }) => nsid)
  return [
    ...(await refuseReachingOthers(ask, { ...erasing, nsids })),
    ...(await refuseUsedByOthers(ask, through, nsids)),
    ...(await refuseChanged(ask, through, found)),
  ]
}

/** What the drive says of its Format, and of its namespaces, is read again: it decides how far an erase reaches. */
async function refuseChanged(
  ask: Ask,
  through: PciAddress,
  { erase, namespaces }: Found
): Promise<readonly Refusal[]> {
  const nsids = namespaces.map(({ nsid }) => nsid)
  const now = await ask({ read: 'erasable', fn: through, nsids })
  if (!isDeepStrictEqual(now.erase, erase)) {
    const [then, found] = [methodInWords(erase), methodInWords(now.erase)]
    return [changed(through, `was to be erased by ${then}, and now by ${found}`)]
  }
  if (isDeepStrictEqual(now.namespaces, namespaces)) return []
  return [changed(through, 'has other namespaces than those that were to be erased')]
}

function changed(through: PciAddress, what: string): Refusal {
  return {
    check: 'erase-changed',
    device: through,
    reason: `the drive of ${through} ${what}`,
    remedy: 'Look at the drive, and release the function again.',
  }
}

function reachesOthers(through: PciAddress, nsid: number, cntlid: number): Refusal {
  return {
    check: 'erase-reaches-others',
    device: `${through} namespace ${nsid}`,
    reason: `namespace ${nsid} is attached to controller ${cntlid} too, whose data an erase would destroy`,
    remedy: `Detach namespace ${nsid} from controller ${cntlid}, or free the function uncleaned.`,
  }
}

/** Secondaries that are offline: nothing is read or written through them. */
async function pooledOf(ask: Ask, pf: PciAddress): Promise<readonly number[]> {
  try {
    const { secondaries } = await ask({ read: 'secondaries', pf })
    return secondaries
      .filter(({ state }) => state === 'offline')
      .map(({ cntlid }) => cntlid)
  } catch (error) {
    if (error instanceof HostDriverError) return []
    throw error
  }
}
