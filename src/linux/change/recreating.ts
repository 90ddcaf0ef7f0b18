/**
 * Deleting namespaces and creating others like them. A command is sent only after its need has been read, so that one
 * which was carried out when nobody was there to hear it is not sent again.
 * Source: NVMe Base 2.1, "Namespace Management command".
 */
import type { HostChange } from '../../host/change.ts'
import type { HostAnswers } from '../../host/query.ts'
import {
  createNamespace,
  deleteNamespace,
  type NvmeAdminCommand,
} from '../../nvme/admin-commands.ts'
import { createdAmong } from '../../nvme/namespace-layout.ts'
import { readAllocated } from '../ask/allocated.ts'
import type { LaneSession } from '../lane-session.ts'
import { command } from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'
import { expectEffect } from './post-condition.ts'

type Deletion = Extract<HostChange, { readonly change: 'deleteNamespace' }>
type Creation = Extract<HostChange, { readonly change: 'createNamespaces' }>
type Allocated = HostAnswers['allocated']

/** @throws {HostDriverError} nvme-refused, no-effect, controller-not-live */
export async function deleteOne(session: LaneSession, change: Deletion): Promise<void> {
  const { fn, nsid } = change
  const found = () => readAllocated(session, { fn, nsids: { only: [nsid] } })
  const commands = deletionCommands(change, await found())
  await sendAll(session, change, commands)
  const left = deletionCommands(change, await found()).length
  expectEffect(change, {
    expected: 'it is gone',
    found: left ? 'it is there' : 'it is gone',
  })
}

export function deletionCommands(
  { nsid, nguid, eui64 }: Deletion,
  { namespaces }: Allocated
): readonly NvmeAdminCommand[] {
  const isThere = namespaces.some(
    (one) => one.nsid === nsid && one.nguid === nguid && one.eui64 === eui64
  )
  return isThere ? [deleteNamespace(nsid)] : []
}

/** @throws {HostDriverError} nvme-refused, no-effect (also where the drive made something else of it), controller-not-live */
export async function createMissing(session: LaneSession, change: Creation): Promise<void> {
  const { fn, before } = change
  const found = () => readAllocated(session, { fn, nsids: { allBut: before } })
  const commands = creationCommands(change, await found())
  await sendAll(session, change, commands)
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

async function sendAll(
  session: LaneSession,
  { fn }: Deletion | Creation,
  commands: readonly NvmeAdminCommand[]
): Promise<void> {
  if (commands.length === 0) return
  const name = await liveController(session.kernel, fn)
  for (const each of commands) await command(session, name, each)
}
