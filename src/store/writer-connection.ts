/**
 * The one connection that writes. Prepared SQL and Prisma share it, so that an ordinary row and a step's record are one
 * transaction: Prisma's adapter opens it, and Prisma is given an adapter whose transactions are savepoints inside ours.
 *
 * Prisma's query compiler is slow to load, so it is loaded when the first ordinary row is written.
 */
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import Database from 'better-sqlite3'
import type { PrismaClient } from './generated/client.ts'
import { KnownOperations } from './known-operations.ts'
import { nestedAdapter } from './nested-adapter.ts'
import { StoreError } from './store-error.ts'

export type WriterConnection = {
  readonly db: Database.Database
  /** A statement with numbers as numbers; the same text gives the same one. */
  readonly prepare: (sql: string) => Database.Statement
  readonly operations: KnownOperations
  /** Loads Prisma on first use. */
  readonly prisma: () => Promise<PrismaClient>
  readonly close: () => Promise<void>
}

/** @throws {StoreError} not-durable */
export async function openWriterConnection(file: string): Promise<WriterConnection> {
  const adapter = await new PrismaBetterSqlite3({ url: `file:${file}` }).connect()
  const db = clientOf(adapter)
  makeDurable(db)
  makeRoom(db)

  const statements = new Map<string, Database.Statement>()
  const prepare = (sql: string) => {
    const known = statements.get(sql) ?? db.prepare(sql).safeIntegers(false)
    statements.set(sql, known)
    return known
  }

  let loading: Promise<PrismaClient> | undefined
  const load = async () => {
    const { PrismaClient } = await import('./generated/client.ts')
    return new PrismaClient({ adapter: nestedAdapter(adapter) })
  }

  const close = async () => {
    const prisma = await loading?.catch(() => undefined)
    await prisma?.$disconnect()
    db.close()
  }
  const operations = new KnownOperations(prepare)
  return { db, prepare, operations, prisma: () => (loading ??= load()), close }
}

/** The adapter keeps its connection in `client` (7.10: dist/index.mjs, BetterSQLite3Queryable), which its types do not say. */
function clientOf(adapter: object): Database.Database {
  const client = 'client' in adapter ? adapter.client : undefined
  if (client instanceof Database) return client
  throw new Error(
    '@prisma/adapter-better-sqlite3 no longer keeps its connection in `client`'
  )
}

/**
 * In WAL mode better-sqlite3 is compiled for synchronous=NORMAL, where a power failure may take the last commits: an
 * intent that was never on disk. So FULL is set, and read back.
 *
 * Source: SQLite, "PRAGMA Statements", synchronous; "Write-Ahead Logging", Performance Considerations.
 */
function makeDurable(db: Database.Database): void {
  db.pragma('busy_timeout = 5000')
  requirePragma(db, 'journal_mode', 'wal', 'WAL')
  requirePragma(db, 'synchronous', '2', 'FULL')
  requirePragma(db, 'foreign_keys', '1', 'ON')
}

/**
 * Ids of hardware are digests, so the rows of one scan touch pages all over the indexes: with SQLite's 2 MB of cache, and a
 * checkpoint each 4 MB, those of a big fleet would be read and written again and again. KiB, and pages of 4 KiB.
 */
function makeRoom(db: Database.Database): void {
  db.pragma('cache_size = -65536')
  db.pragma('wal_autocheckpoint = 8192')
  // What a savepoint may have to bring back is kept there: SQLite, "Temporary Files Used By SQLite", Statement Journal Files.
  db.pragma('temp_store = MEMORY')
}

function requirePragma(
  db: Database.Database,
  pragma: string,
  expected: string,
  value: string
): void {
  db.pragma(`${pragma} = ${value}`)
  const found = String(db.pragma(pragma, { simple: true }))
  if (found === expected) return
  const problem = { kind: 'not-durable', pragma, found } as const
  throw new StoreError(`setting ${pragma} = ${value} on ${db.name}`, problem)
}
