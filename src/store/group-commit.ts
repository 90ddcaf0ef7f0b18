/**
 * Group commit: transactions that came while an earlier group was being made durable share one fsync. Each has a
 * savepoint of its own, so that one which fails is rolled back alone and the others commit.
 */
import { applyWrites } from './apply-write.ts'
import { isOrdinary } from './ordinary-writes.ts'
import type { CommitResult } from './store.ts'
import type { WriterConnection } from './writer-connection.ts'
import type { WireWrite } from './writer-messages.ts'

export type TransactionOutcome =
  | { readonly ok: true; readonly result: CommitResult }
  | { readonly ok: false; readonly error: unknown }

/** Durable when resolved. One outcome for each transaction, in order; a failed COMMIT fails them all. */
export async function commitGroup(
  connection: WriterConnection,
  transactions: readonly (readonly WireWrite[])[]
): Promise<readonly TransactionOutcome[]> {
  const { db } = connection
  try {
    // Prisma may take a while to load: not with a transaction open.
    if (transactions.flat().some(isOrdinary)) await connection.prisma()
    db.exec('BEGIN IMMEDIATE')
    const outcomes: TransactionOutcome[] = []
    for (const writes of transactions) outcomes.push(await inSavepoint(connection, writes))
    db.exec('COMMIT')
    return outcomes
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK')
    return transactions.map(() => ({ ok: false, error }))
  }
}

async function inSavepoint(
  connection: WriterConnection,
  writes: readonly WireWrite[]
): Promise<TransactionOutcome> {
  const { db } = connection
  db.exec('SAVEPOINT one')
  try {
    const result = await applyWrites(connection, writes)
    db.exec('RELEASE one')
    return { ok: true, result }
  } catch (error) {
    // A full disk ends the whole transaction by itself: SQLite, "Transactions", Response To Errors Within A Transaction.
    if (!db.inTransaction) throw error
    db.exec('ROLLBACK TO one')
    db.exec('RELEASE one')
    return { ok: false, error }
  }
}
