/** May namespaces be deleted, and others like them be created in their place? */
import type { Refusal } from '../../errors.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { Ask } from '../host-session.ts'
import { refuseReachingOthers } from './erasing.ts'
import { refuseUsedByOthers } from './usage.ts'

/** The drive creates and deletes namespaces, and a new one can be told from the one that it replaces. */
export async function refuseUnrecreatable(
  ask: Ask,
  through: PciAddress,
  nsids: readonly number[]
): Promise<readonly Refusal[]> {
  const { manages, nsids: all } = await ask({ read: 'allocation', fn: through })
  if (!manages || all === null)
    return [
      cannot(through, `the drive of ${through} neither creates nor deletes namespaces`),
    ]
  const asked = { read: 'allocated', fn: through, nsids: { only: nsids } } as const
  const { namespaces } = await ask(asked)
  return namespaces
    .filter(({ nguid, eui64 }) => nguid === null && eui64 === null)
    .map(({ nsid }) => {
      const why = `namespace ${nsid} has neither NGUID nor EUI64`
      return cannot(
        `${through} namespace ${nsid}`,
        `${why}: a new one could not be told from it`
      )
    })
}

/** Immediately before it. Only those that are still there. */
export async function refuseDeleting(
  ask: Ask,
  deleting: {
    readonly through: PciAddress
    readonly owners: readonly number[]
    readonly nsids: readonly number[]
  }
): Promise<readonly Refusal[]> {
  const { through, owners, nsids } = deleting
  return [
    ...(await refuseReachingOthers(ask, { through, owners, nsids })),
    ...(await refuseUsedByOthers(ask, through, nsids)),
  ]
}

function cannot(device: string, reason: string): Refusal {
  return {
    check: 'cannot-recreate',
    device,
    reason,
    remedy: 'Release the function without `cleaning`: its namespaces are erased.',
  }
}
