/**
 * Attaching a namespace to a controller, and detaching it. A command is sent only after its need has been read: QEMU
 * 10.0 aborts when one detaches a namespace that is not attached (hw/nvme/ctrl.c, assertion `ns->attached > 0`).
 * Source: NVMe Base 2.1, "Namespace Attachment command".
 */
import type { ChangeOf } from '../../host/change.ts'
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

type AttachmentChange = ChangeOf<'attachNamespace' | 'detachNamespace' | 'detachFromEach'>

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
  const look = () => attachedControllers(session, name, change.nsid)
  const status = await sendWhereMissing(session, name, change, await look())
  if (status === undefined) return
  const attached = await look()
  if (status === STATUS.success) {
    expectEffect(change, effectOf(change, attached))
    return
  }
  // Those in its list behind the one that somebody else was faster with have not had their turn.
  await sendWhereMissing(session, name, change, attached)
  expectEffect(change, effectOf(change, await look()))
}

/** @returns its status code, one that says that it is so; undefined: none was missing. @throws {HostDriverError} nvme-refused */
async function sendWhereMissing(
  session: LaneSession,
  name: string,
  change: AttachmentChange,
  attached: readonly number[]
): Promise<number | undefined> {
  const [sent] = attachmentCommands(change, attached)
  if (sent === undefined) return undefined
  const { status } = await sendCommand(session, name, sent)
  if (ALREADY_SO.includes(statusCode(status))) return statusCode(status)
  throw new HostDriverError(changeInWords(change), {
    kind: 'nvme-refused',
    status: withoutDnr(status),
    statusName: statusName(status),
  })
}

function effectOf(change: AttachmentChange, attached: readonly number[]) {
  const words = (is: boolean) => (is ? 'attached' : 'not attached')
  const missing = missingIn(change, attached)
  const expected = words(isAttaching(change))
  if (missing.length === 0) return { expected, found: expected }
  const found = words(!isAttaching(change))
  return 'cntlids' in change
    ? { expected, found: `${found}: controllers ${missing.join(', ')}` }
    : { expected, found }
}

export function attachmentCommands(
  change: AttachmentChange,
  attached: readonly number[]
): readonly NvmeAdminCommand[] {
  const missing = missingIn(change, attached)
  if (missing.length === 0) return []
  const select = isAttaching(change) ? 'attach' : 'detach'
  return [namespaceAttachment(select, change.nsid, missing)]
}

/** Controllers that are not yet as wished. */
function missingIn(
  change: AttachmentChange,
  attached: readonly number[]
): readonly number[] {
  const all = 'cntlids' in change ? change.cntlids : [change.cntlid]
  return all.filter((cntlid) => attached.includes(cntlid) !== isAttaching(change))
}

function isAttaching({ change }: AttachmentChange): boolean {
  return change === 'attachNamespace'
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
