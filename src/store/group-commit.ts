/**
 * Group commit: transactions that came while an earlier group was being made durable share one fsync, AT_ONCE of them at
 * most. When one of them fails they are done again, each in a savepoint of its own, so that it is rolled back alone and the
 * others commit.
 */
import { applyWrites } from './apply-write.ts'
import { isOrdinary } from './ordinary-writes.ts'
import type { CommitResult } from './store.ts'
import type { WriterConnection } from './writer-connection.ts'
import type { WireWrite } from './wire-writes.ts'

export type TransactionOutcome =
  | { readonly ok: true; readonly result: CommitResult }
  | { readonly ok: false; readonly error: unknown }

/** Durable when resolved. One outcome for each transaction, in order; a failed COMMIT fails them all. */
export async function commitGroup(
  connection: WriterConnection,
  transactions: readonly (readonly WireWrite[])[]
): Promise<readonly TransactionOutcome[]> {
  try {
    // Prisma may take a while to load: not with a transaction open.
    if (transactions.some((writes) => writes.some(isOrdinary))) await connection.prisma()
    const together = await allTogether(connection, transactions)
    return together ?? (await eachAlone(connection, transactions))
  } catch (error) {
    rollBack(connection)
    return transactions.map(() => ({ ok: false, error }))
  }
}

/**
 * Without savepoints, since those copy each page that is written after them, which for a scan is most of the work.
 * undefined: one failed, and nothing is left of any.
 */
async function allTogether(
  connection: WriterConnection,
  transactions: readonly (readonly WireWrite[])[]
): Promise<readonly TransactionOutcome[] | undefined> {
  const { db } = connection
  const outcomes: TransactionOutcome[] = []
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const writes of transactions) {
      const applied = applyWrites(connection, writes)
      const result = applied instanceof Promise ? await applied : applied
      outcomes.push({ ok: true, result })
    }
  } catch {
    // Which of them it is, and why, is seen when each is done alone.
    rollBack(connection)
    return undefined
  }
  db.exec('COMMIT')
  return outcomes
}

async function eachAlone(
  connection: WriterConnection,
  transactions: readonly (readonly WireWrite[])[]
): Promise<readonly TransactionOutcome[]> {
  const { db } = connection
  const outcomes: TransactionOutcome[] = []
  db.exec('BEGIN IMMEDIATE')
  for (const writes of transactions) outcomes.push(await inSavepoint(connection, writes))
  db.exec('COMMIT')
  return outcomes
}

async function inSavepoint(
  connection: WriterConnection,
  writes: readonly WireWrite[]
): Promise<TransactionOutcome> {
  const { db, operations } = connection
  db.exec('SAVEPOINT one')
  try {
    const result = await applyWrites(connection, writes)
    db.exec('RELEASE one')
    return { ok: true, result }
  } catch (error) {
    // A full disk ends the whole transaction by itself: SQLite, "Transactions", Response To Errors Within A Transaction.
    if (!db.inTransaction) throw error
    operations.forgetAll()
    db.exec('ROLLBACK TO one')
    db.exec('RELEASE one')
    return { ok: false, error }
  }
}

function rollBack({ db, operations }: WriterConnection): void {
  operations.forgetAll()
  if (db.inTransaction) db.exec('ROLLBACK')
}
