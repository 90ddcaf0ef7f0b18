/** One write of a transaction that is open. */
import type { CommitResult } from './store.ts'
import { writeDrift } from './drift-writes.ts'
import { appendEvent } from './event-writes.ts'
import { putHost, reconcile } from './inventory-writes.ts'
import { confirmScan, voidDigest } from './scan-digest-writes.ts'
import { createOperation, logOperation, takeOverOperation } from './operation-writes.ts'
import { putPlan } from './plan-writes.ts'
import type { OrdinaryWrite } from './ordinary-writes.ts'
import { isOrdinary, writeOrdinary } from './ordinary-writes.ts'
import { writePolicy } from './policy-writes.ts'
import type { WriterConnection } from './writer-connection.ts'
import type { WireWrite } from './writer-messages.ts'

/** @throws {StaleFence}, {IdempotencyTaken}, or what SQLite or Prisma say of the row */
export async function applyWrites(
  connection: WriterConnection,
  writes: readonly WireWrite[]
): Promise<CommitResult> {
  const events: number[] = []
  let fence: number | null = null
  for (const write of writes) {
    if (isOrdinary(write)) {
      await writeOrdinary(await connection.prisma(), write)
      voidDigest(connection.prepare, write)
      continue
    }
    const written = writePrepared(connection, write)
    if (written.event !== undefined) events.push(written.event)
    fence = written.fence ?? fence
  }
  return { events, fence }
}

function writePrepared(
  connection: WriterConnection,
  write: Exclude<WireWrite, OrdinaryWrite>
): { readonly event?: number; readonly fence?: number | null } {
  const { prepare } = connection
  switch (write.write) {
    case 'appendEvent':
      return { event: appendEvent(prepare, write.event) }
    case 'takeOverOperation':
      return { fence: takeOverOperation(connection, write) }
    case 'createOperation':
      createOperation(connection, write.operation)
      return {}
    case 'logOperation':
      logOperation(connection, write.entry)
      return {}
    case 'putHost':
      putHost(prepare, write.row)
      return {}
    case 'confirmScan':
      confirmScan(prepare, write)
      return {}
    case 'settleHost':
    case 'setDriftPolicy':
    case 'putDrift':
    case 'deleteDrift':
    case 'putHealing':
    case 'deleteHealing':
      writeDrift(prepare, write)
      return {}
    case 'putPlan':
      putPlan(prepare, write)
      return {}
    case 'putVirtualFunctionPolicy':
    case 'deleteVirtualFunctionPolicy':
      writePolicy(prepare, write)
      return {}
    case 'packedReconcile':
      reconcile(prepare, write)
      return {}
  }
}
