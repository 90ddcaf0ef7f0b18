/**
 * Does the host itself use a namespace? No kernel path refuses to take a busy disk away: in a real kernel a mounted
 * file system went with its driver, writes lost.
 */
import type { Refusal } from '../../errors.ts'
import { HostDriverError, type HostFailure } from '../../host/driver.ts'
import type { UseNow } from '../../host/query.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { Ask } from '../host-session.ts'

/**
 * @param fn any function through which the host reaches the subsystem
 * @param nsids undefined: all namespaces of the subsystem
 */
export async function refuseUsed(
  ask: Ask,
  fn: PciAddress,
  nsids: readonly number[] | undefined
): Promise<readonly Refusal[]> {
  return (await usesOf(ask, fn, nsids)).map(refusalOf)
}

/** For disks that nvirt may hold itself, which keeps everybody else from them. */
export async function refuseUsedByOthers(
  ask: Ask,
  fn: PciAddress,
  nsids: readonly number[]
): Promise<readonly Refusal[]> {
  return (await usesOf(ask, fn, nsids)).filter(({ ours }) => !ours).map(refusalOf)
}

/** What would be torn away when these are detached from a controller that the host has. */
export async function refuseDetaching(
  ask: Ask,
  pf: PciAddress,
  cntlid: number,
  nsids: readonly number[]
): Promise<readonly Refusal[]> {
  const attached = await attachedNamespaces(ask, pf, cntlid)
  const torn = nsids.filter((nsid) => attached?.includes(nsid))
  return refuseUsedByOthers(ask, pf, torn)
}

/** What would be torn away with the driver that a function has now. */
export async function refuseUsedThrough(
  ask: Ask,
  fn: PciAddress
): Promise<readonly Refusal[]> {
  return (await usesThrough(ask, fn)).map(refusalOf)
}

/** What on the host uses namespaces that this function is attached to. Shared with plan/. */
export async function usesThrough(ask: Ask, fn: PciAddress): Promise<readonly UseNow[]> {
  const { controller, vf } = await ask({ read: 'answering', fn })
  if (!controller) return []
  return usesOf(ask, fn, await attachedNamespaces(ask, vf?.pf ?? fn, controller.cntlid))
}

async function usesOf(
  ask: Ask,
  fn: PciAddress,
  nsids: readonly number[] | undefined
): Promise<readonly UseNow[]> {
  if (nsids?.length === 0) return []
  return (await ask({ read: 'usage', fn, ...(nsids && { nsids }) })).uses
}

/**
 * What a controller is attached to now, whatever the last scan saw, asked of one of its subsystem. undefined: it does
 * not tell, since it is in no subsystem with others, or is not live.
 */
export async function attachedNamespaces(
  ask: Ask,
  spokesman: PciAddress,
  cntlid: number
): Promise<readonly number[] | undefined> {
  try {
    return (await ask({ read: 'attachments', pf: spokesman, cntlid })).nsids
  } catch (error) {
    if (error instanceof HostDriverError && SILENT.includes(error.failure.kind)) {
      return undefined
    }
    throw error
  }
}

const SILENT: readonly HostFailure['kind'][] = ['nvme-refused', 'controller-not-live']

function refusalOf({ use, disk, by, nsid }: UseNow): Refusal {
  const device = `/dev/${disk}`
  switch (use) {
    case 'mount':
      return {
        check: 'namespace-mounted',
        device,
        reason: `namespace ${nsid} is mounted on ${by} (${device})`,
        remedy: `Unmount ${by}.`,
      }
    case 'swap':
      return {
        check: 'namespace-swap',
        device,
        reason: `namespace ${nsid} is swap space (${device})`,
        remedy: `Take it out of use with swapoff ${device}.`,
      }
    case 'holder':
      return {
        check: 'namespace-held',
        device,
        reason: `namespace ${nsid} (${device}) is part of ${by}`,
        remedy: `Stop ${by} first.`,
      }
    case 'exclusive-open':
      return {
        check: 'namespace-open',
        device,
        reason: `namespace ${nsid} (${device}) is open exclusively: ${by}`,
        remedy: 'Stop what has it open.',
      }
    case 'open':
      return {
        check: 'namespace-open',
        device,
        reason: `namespace ${nsid} (${device}) is open: ${by}`,
        remedy: 'Stop what has it open.',
      }
  }
}
