/**
 * Which controllers have a namespace. Source: NVMe Base 2.1, "Namespace Attached Controller list (CNS 12h)": for drives that
 * manage namespaces; others may not know it.
 */
import type { PciAddress } from '../../nvme/pci-address.ts'
import { statusCode } from '../../nvme/status.ts'
import type { LaneSession } from '../lane-session.ts'
import { identifyNamespace, listsOf } from '../namespace-lists.ts'
import {
  attachedControllers,
  identifyController,
  refusedByDrive,
} from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'

/**
 * @param pf of a controller of the subsystem
 * @returns cntlids, ascending; of a drive that does not know the question, none but its only one
 * @throws {HostDriverError} nvme-refused, also by a drive that does not know it though others may have the namespace too
 */
export async function readAttachedTo(
  session: LaneSession,
  { pf, nsid }: { readonly pf: PciAddress; readonly nsid: number }
): Promise<readonly number[]> {
  const name = await liveController(session.kernel, pf)
  try {
    return await attachedControllers(session, name, nsid)
  } catch (cause) {
    if (!isUnknown(cause)) throw cause
    const only = await onlyController(session, name, nsid)
    if (only === null) throw cause
    return [only]
  }
}

/** Invalid Command Opcode, Invalid Field in Command: it will never know; whatever else it says, it may tell next time. */
function isUnknown(cause: unknown): boolean {
  if (!refusedByDrive(cause) || cause.failure.kind !== 'nvme-refused') return false
  return [0x001, 0x002].includes(statusCode(cause.failure.status))
}

async function onlyController(
  session: LaneSession,
  name: string,
  nsid: number
): Promise<number | null> {
  const { cntlid, hasSiblings, optional } = await identifyController(session, name)
  if (!hasSiblings) return cntlid
  const namespace = await identifyNamespace(session, name, nsid, listsOf(optional))
  return namespace?.shared ? null : cntlid
}
