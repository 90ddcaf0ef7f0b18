/** One write of a transaction that is open. */
import type { CommitResult } from './store.ts'
import { writeDrift } from './drift-writes.ts'
import { appendEvent } from './event-writes.ts'
import { putHost, reconcile } from './inventory-writes.ts'
import { confirmScan, voidDigest } from './scan-digest-writes.ts'
import {
  insertOperation,
  logEntry,
  takeOverOperation,
  writePlainEntry,
} from './operation-writes.ts'
import { putPlan } from './plan-writes.ts'
import type { OrdinaryWrite } from './ordinary-writes.ts'
import { isOrdinary, writeOrdinary } from './ordinary-writes.ts'
import { writePolicy } from './policy-writes.ts'
import type { WriterConnection } from './writer-connection.ts'
import type { WireWrite } from './wire-writes.ts'

/** What a transaction comes to, as its writes are made. */
type News = { readonly events: number[]; fence: number | null }

/** At once, where Prisma is not needed. @throws {StaleFence}, {IdempotencyTaken}, or what SQLite or Prisma say of the row */
export function applyWrites(
  connection: WriterConnection,
  writes: readonly WireWrite[]
): CommitResult | Promise<CommitResult> {
  const news: News = { events: [], fence: null }
  for (const [at, write] of writes.entries()) {
    if (isOrdinary(write)) return applyOrdinary(connection, writes.slice(at), news)
    writePrepared(connection, write, news)
  }
  return news
}

async function applyOrdinary(
  connection: WriterConnection,
  writes: readonly WireWrite[],
  news: News
): Promise<CommitResult> {
  const { prepare } = connection
  for (const write of writes) {
    if (isOrdinary(write)) {
      await writeOrdinary(await connection.prisma(), write)
      voidDigest(prepare, write)
    } else writePrepared(connection, write, news)
  }
  return news
}

function writePrepared(
  connection: WriterConnection,
  write: Exclude<WireWrite, OrdinaryWrite>,
  news: News
): void {
  const { prepare } = connection
  switch (write.write) {
    case 'goOn':
    case 'tell':
    case 'succeed':
      return writePlainEntry(connection, write)
    case 'logEntry':
      return logEntry(connection, write.entry)
    case 'insertOperation':
      return insertOperation(connection, write)
    case 'takeOverOperation':
      news.fence = takeOverOperation(connection, write)
      return
    case 'appendEvent':
      news.events.push(appendEvent(prepare, write.event))
      return
    case 'putHost':
      return putHost(prepare, write.row)
    case 'confirmScan':
      return confirmScan(prepare, write)
    case 'settleHost':
    case 'setDriftPolicy':
    case 'putDrift':
    case 'deleteDrift':
    case 'putHealing':
    case 'deleteHealing':
    case 'forgetTakenVf':
      return writeDrift(prepare, write)
    case 'putPlan':
      return putPlan(prepare, write)
    case 'putVirtualFunctionPolicy':
    case 'deleteVirtualFunctionPolicy':
      return writePolicy(prepare, write)
    case 'packedReconcile':
      return reconcile(prepare, write)
  }
}
