/** A database that cannot be written, told apart from rows that it refuses. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { commitGroup } from '../../src/store/group-commit.ts'
import { migrate } from '../../src/store/migrate.ts'
import { findMigrationsFolder, readMigrations } from '../../src/store/migrations-folder.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { unpackTransactions } from '../../src/store/wire-reading.ts'
import { packTransaction, type Wire } from '../../src/store/wire-writes.ts'
import { openWriterConnection } from '../../src/store/writer-connection.ts'
import { fromWire, toWire } from '../../src/store/writer-messages.ts'
import { assignmentRow, operationRecord } from './rows.ts'
import { temporaryFolder } from './temporary-store.ts'

const LONG = 'x'.repeat(100_000)

const BY_SQL = { write: 'createOperation', operation: operationRecord() } as const
const BY_PRISMA = { write: 'putAssignment', row: assignmentRow() } as const

async function database() {
  const file = join(temporaryFolder(), 'nvirt.db')
  const connection = await openWriterConnection(file)
  onTestFinished(() => connection.close())
  migrate(connection.db, readMigrations(findMigrationsFolder()))
  await connection.prisma()
  return { file, connection }
}

type Connection = Awaited<ReturnType<typeof database>>['connection']

/** As it comes to whoever asked for the transaction. */
async function refusal(connection: Connection, write: StoreWrite): Promise<unknown> {
  const wire: Wire = []
  packTransaction(wire, 1, [write])
  const transactions = unpackTransactions(wire).map(({ writes }) => writes)
  const [outcome] = await commitGroup(connection, transactions)
  if (!outcome || outcome.ok) throw new Error('it was written')
  return fromWire(structuredClone(toWire(outcome.error, 'writing')))
}

test.for<[string, StoreWrite]>([
  [
    'a row by prepared SQL',
    { ...BY_SQL, operation: operationRecord({ params: { LONG } }) },
  ],
  ['a row by Prisma', { ...BY_PRISMA, row: assignmentRow({ consumer: LONG }) }],
])('a full disk says so to who writes %s', async ([, write]) => {
  const { connection } = await database()
  connection.db.pragma('max_page_count = 1')

  const error = await refusal(connection, write)

  expect(error).toBeInstanceOf(StoreError)
  expect(error).toMatchObject({ problem: { kind: 'unwritable', code: 'SQLITE_FULL' } })
})

test('a database that somebody else writes says so', async () => {
  const { file, connection } = await database()
  const other = new Database(file)
  onTestFinished(() => void other.close())
  other.exec('BEGIN IMMEDIATE')
  connection.db.pragma('busy_timeout = 0')

  const error = await refusal(connection, BY_SQL)

  expect(error).toMatchObject({ problem: { kind: 'unwritable', code: 'SQLITE_BUSY' } })
})

test.for<[string, StoreWrite]>([
  ['a row that is there already', BY_SQL],
  ['a row of a function that is not there', BY_PRISMA],
])('%s is refused for itself', async ([, write]) => {
  const { connection } = await database()
  connection.db.exec(
    'CREATE TRIGGER "no" BEFORE INSERT ON "Assignment" BEGIN SELECT RAISE(ABORT, \'no\'); END'
  )
  if (write === BY_SQL) {
    const wire: Wire = []
    packTransaction(wire, 1, [write])
    await commitGroup(
      connection,
      unpackTransactions(wire).map(({ writes }) => writes)
    )
  }

  const error = await refusal(connection, write)

  expect(error).toMatchObject({ problem: { kind: 'refused' } })
})
