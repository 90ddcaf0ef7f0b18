/**
 * Attaching a namespace to a controller, and detaching it. A command is sent only after its need has been read: QEMU
 * 10.0 aborts when one detaches a namespace that is not attached (hw/nvme/ctrl.c, assertion `ns->attached > 0`).
 * Source: NVMe Base 2.1, "Namespace Attachment command".
 */
import type { HostChange } from '../../host/change.ts'
import { HostDriverError } from '../../host/driver.ts'
import { namespaceAttachment, type NvmeAdminCommand } from '../../nvme/admin-commands.ts'
import { STATUS, statusCode, statusName, withoutDnr } from '../../nvme/status.ts'
import type { LaneSession } from '../lane-session.ts'
import {
  allocatedNamespaceIds,
  attachedControllers,
  refusedByDrive,
  sendCommand,
} from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'
import { changeInWords } from './change-in-words.ts'
import { expectEffect } from './post-condition.ts'

type AttachmentChange = Extract<
  HostChange,
  { readonly change: 'attachNamespace' | 'detachNamespace' }
>

/** Answers that say no more than that somebody else was faster. */
const ALREADY_SO: readonly number[] = [
  STATUS.success,
  STATUS.namespaceAlreadyAttached,
  STATUS.namespaceNotAttached,
]

/** @throws {HostDriverError} gone (the namespace), nvme-refused, no-effect, controller-not-live */
export async function changeAttachment(
  session: LaneSession,
  change: AttachmentChange
): Promise<void> {
  const name = await liveController(session.kernel, change.pf)
  try {
    await attachOrDetach(session, name, change)
  } catch (cause) {
    const { nsid } = change
    if (!refusedByDrive(cause) || (await isAllocated(session, name, nsid))) throw cause
    const what = `namespace ${nsid}`
    throw new HostDriverError(changeInWords(change), { kind: 'gone', what }, cause)
  }
}

async function attachOrDetach(
  session: LaneSession,
  name: string,
  change: AttachmentChange
): Promise<void> {
  const { nsid, cntlid } = change
  const isAttached = async () =>
    (await attachedControllers(session, name, nsid)).includes(cntlid)
  const [sent] = attachmentCommands(change, await isAttached())
  if (sent === undefined) return

  const { status } = await sendCommand(session, name, sent)
  if (!ALREADY_SO.includes(statusCode(status))) {
    throw new HostDriverError(changeInWords(change), {
      kind: 'nvme-refused',
      status: withoutDnr(status),
      statusName: statusName(status),
    })
  }
  const words = (attached: boolean) => (attached ? 'attached' : 'not attached')
  const expected = words(change.change === 'attachNamespace')
  expectEffect(change, { expected, found: words(await isAttached()) })
}

export function attachmentCommands(
  change: AttachmentChange,
  isAttached: boolean
): readonly NvmeAdminCommand[] {
  const { nsid, cntlid } = change
  const attach = change.change === 'attachNamespace'
  if (isAttached === attach) return []
  return [namespaceAttachment(attach ? 'attach' : 'detach', nsid, cntlid)]
}

/** Drives refuse a namespace that was deleted in different words. One that lists none is believed to have it. */
async function isAllocated(
  session: LaneSession,
  name: string,
  nsid: number
): Promise<boolean> {
  try {
    return (await allocatedNamespaceIds(session, name)).includes(nsid)
  } catch (cause) {
    if (!refusedByDrive(cause)) throw cause
    return true
  }
}
