/** May a controller go with these namespaces, and the host keep the others? Asked through a controller that stays. */
import type { Refusal } from '../../errors.ts'
import { HostDriverError } from '../../host/driver.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { spokesmanOf, type AssignParams, type Direct } from '../assign-params.ts'
import type { Ask } from '../host-session.ts'
import { lookAt, type ExpectedController } from './identity.ts'
import { refuseLastPath } from './last-path.ts'
import { refuseAttachedElsewhere } from './namespaces.ts'
import { refuseUsed } from './usage.ts'

/** The namespaces that are asked for are nobody else's, the host does not use them, and keeps what else it uses. */
export async function refuseDirect(
  ask: Ask,
  { fn, nsids, controller }: AssignParams,
  direct: Direct
): Promise<readonly Refusal[]> {
  const { cntlid, siblings } = direct
  const spokesman = spokesmanOf(direct)
  if (!(await answers(ask, spokesman))) return [noSpokesman(fn)]
  const { address } = spokesman
  const attached = await ask({ read: 'attachments', pf: address, cntlid })
  const staying = attached.nsids.filter((nsid) => !nsids.includes(nsid))
  return [
    ...(await refuseAttachedElsewhere(ask, address, nsids, {
      primaries: [controller, ...siblings],
      receivers: [cntlid, ...(await cntlidsOf(ask, siblings))],
    })),
    ...(await refuseUsed(ask, address, nsids)),
    ...(await refuseLastPath(ask, address, cntlid, staying)),
  ]
}

/** Those that the host's nvme driver has now, and that are who they were. */
export async function cntlidsOf(
  ask: Ask,
  controllers: readonly ExpectedController[]
): Promise<readonly number[]> {
  const found: number[] = []
  for (const expected of controllers) {
    const { controller } = expected
    if (controller && (await answers(ask, expected))) found.push(controller.cntlid)
  }
  return found
}

/** A controller that answers as who is expected. */
export async function answers(ask: Ask, expected: ExpectedController): Promise<boolean> {
  try {
    const found = await lookAt(ask, expected)
    return found.answers && found.isExpected
  } catch (error) {
    if (error instanceof HostDriverError && error.failure.kind === 'gone') return false
    throw error
  }
}

export function noSpokesman(fn: PciAddress): Refusal {
  return {
    check: 'no-spokesman',
    device: fn,
    reason: `no controller of the subsystem of ${fn} that the host keeps answers: its namespaces could neither be attached nor stay in the host’s reach`,
    remedy:
      'Bind another controller of the subsystem to nvme; to assign the only one, leave namespaceIds out.',
  }
}

/** Of whoever would have to attach and detach, by its Identify Controller. */
export function noNamespaceManagement(spokesman: string): Refusal {
  return {
    check: 'no-namespace-management',
    device: spokesman,
    reason: `the drive of ${spokesman} attaches and detaches no namespaces`,
    remedy: 'Ask without namespaceIds: the controller goes with what is attached to it.',
  }
}
