/** The NVMe side of VFs, asked of their primary. */
import type { Refusal } from '../../errors.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { Ask } from '../host-session.ts'
import { isOnline } from '../serving-vf.ts'

export async function refuseOffline(
  ask: Ask,
  pf: PciAddress,
  fn: PciAddress,
  cntlid: number
): Promise<readonly Refusal[]> {
  const { secondaries } = await ask({ read: 'secondaries', pf })
  const found = secondaries.find((secondary) => secondary.cntlid === cntlid)
  if (found?.state === 'online') return []
  return [
    {
      check: 'secondary-offline',
      device: fn,
      reason: `secondary controller ${cntlid} of ${pf} is ${found?.state ?? 'gone'}: a guest could not use it`,
      remedy: 'Retire the virtual function and provision it again.',
    },
  ]
}

/** A secondary that somebody else brought online is in use, whatever our rows say. */
export async function refuseOnline(
  ask: Ask,
  pf: PciAddress,
  cntlids: readonly number[]
): Promise<readonly Refusal[]> {
  const { secondaries } = await ask({ read: 'secondaries', pf })
  return cntlids
    .filter((cntlid) => !isOffline(secondaries.find((found) => found.cntlid === cntlid)))
    .map((cntlid) => ({
      check: 'secondary-in-use',
      device: pf,
      reason: `secondary controller ${cntlid} of ${pf} is not in the pool: it is online, or has gone`,
      remedy: 'Rescan the host; take the secondary offline if nobody needs it.',
    }))
}

/** One that nvirt took offline belongs to whoever has brought it online since. One that has gone is nobody's. */
export async function refuseOnlineSince(
  ask: Ask,
  pf: PciAddress,
  cntlid: number
): Promise<readonly Refusal[]> {
  if (!isOnline(await ask({ read: 'secondaries', pf }), cntlid)) return []
  return [
    {
      check: 'secondary-in-use',
      device: pf,
      reason: `secondary controller ${cntlid} of ${pf} was taken offline, and somebody else has brought it online since`,
      remedy: 'Take the secondary offline if nobody needs it.',
    },
  ]
}

function isOffline(secondary: { readonly state: string } | undefined): boolean {
  return secondary?.state === 'offline'
}

/** A guest that has the primary can reset every VF, and take it over. */
export async function refuseWithVirtualFunctions(
  ask: Ask,
  pf: PciAddress
): Promise<readonly Refusal[]> {
  const { vfCount } = await ask({ read: 'sriov', pf })
  if (vfCount === 0) return []
  return [
    {
      check: 'has-virtual-functions',
      device: pf,
      reason: `${pf} has ${vfCount} virtual functions enabled, which a guest could reset`,
      remedy: 'Retire its virtual functions and set its VF count to 0.',
    },
  ]
}
