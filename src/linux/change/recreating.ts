/**
 * Deleting namespaces and creating others like them. A command is sent only after its need has been read, so that one
 * which was carried out when nobody was there to hear it is not sent again.
 * Source: NVMe Base 2.1, "Namespace Management command".
 */
import type { ChangeOf } from '../../host/change.ts'
import type { HostAnswers } from '../../host/query.ts'
import {
  createNamespace,
  deleteNamespace,
  type NvmeAdminCommand,
} from '../../nvme/admin-commands.ts'
import { createdAmong, isSameNamespace } from '../../nvme/namespace-layout.ts'
import { readAllocated } from '../ask/allocated.ts'
import type { LaneSession } from '../lane-session.ts'
import { expectEffect } from './post-condition.ts'
import { sendInTurn } from './send-in-turn.ts'

type Deletion = ChangeOf<'deleteNamespace'>
type Creation = ChangeOf<'createNamespaces'>
type Allocated = HostAnswers['allocated']

/** @throws {HostDriverError} nvme-refused, no-effect, controller-not-live */
export async function deleteOne(session: LaneSession, change: Deletion): Promise<void> {
  const { fn, nsid } = change
  const found = () => readAllocated(session, { fn, nsids: { only: [nsid] } })
  const commands = deletionCommands(change, await found())
  await sendInTurn(session, fn, commands)
  const left = deletionCommands(change, await found()).length
  expectEffect(change, {
    expected: 'it is gone',
    found: left ? 'it is there' : 'it is gone',
  })
}

export function deletionCommands(
  deletion: Deletion,
  { namespaces }: Allocated
): readonly NvmeAdminCommand[] {
  const isThere = namespaces.some((one) => isSameNamespace(one, deletion))
  return isThere ? [deleteNamespace(deletion.nsid)] : []
}

/** @throws {HostDriverError} nvme-refused, no-effect (also where the drive made something else of it), controller-not-live */
export async function createMissing(session: LaneSession, change: Creation): Promise<void> {
  const { fn, before } = change
  const found = () => readAllocated(session, { fn, nsids: { allBut: before } })
  const commands = creationCommands(change, await found())
  await sendInTurn(session, fn, commands)
  const missing = creationCommands(change, await found()).length
  expectEffect(change, { expected: '0 missing', found: `${missing} missing` })
}

export function creationCommands(
  { layout, count }: Creation,
  { own, namespaces }: Allocated
): readonly NvmeAdminCommand[] {
  const missing = count - createdAmong(namespaces, layout, own).length
  return Array.from({ length: Math.max(0, missing) }, () => createNamespace(layout))
}
