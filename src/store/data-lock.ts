/**
 * One process for each data folder. The lock is a write lock on a small SQLite database, held as long as the process
 * lives: the operating system releases it with the process, however that ends. Others can still read who holds it.
 *
 * Source: SQLite, "File Locking And Concurrency", RESERVED (one holder, readers go on).
 */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { StoreError } from './store-error.ts'

const FILE = 'lock.db'

/** A database that nobody can reach is collected and closed, and its lock with it: what is locked is kept here. */
const held = new Set<Database.Database>()

/**
 * Locks the folder for this process, until it ends.
 *
 * @returns gives the lock back before that
 * @throws {StoreError} folder-in-use
 */
export function lockDataFolder(folder: string): () => void {
  const db = new Database(join(folder, FILE), { timeout: 0 })
  try {
    // Two steps, since what is not committed cannot be read. Whoever comes between them has the lock, and we see its pid.
    db.exec('BEGIN IMMEDIATE')
    db.exec(
      'CREATE TABLE IF NOT EXISTS "holder" ("pid" INTEGER NOT NULL); DELETE FROM "holder"'
    )
    db.prepare('INSERT INTO "holder" VALUES (?)').run(process.pid)
    db.exec('COMMIT')
    db.exec('BEGIN IMMEDIATE')
  } catch (cause) {
    const refusal = isBusy(cause) ? inUse(db, folder) : cause
    db.close()
    throw refusal
  }
  held.add(db)
  return () => {
    held.delete(db)
    db.close()
  }
}

function inUse(db: Database.Database, folder: string): StoreError {
  const pid = holder(db)
  const by = pid === null ? 'another process' : `process ${pid}`
  return new StoreError(`the data folder ${folder} is in use by ${by}`, {
    kind: 'folder-in-use',
    folder,
    pid,
  })
}

/** null in the instant in which the holder writes its pid. */
function holder(db: Database.Database): number | null {
  try {
    const row = db.prepare('SELECT "pid" FROM "holder"').get() as
      { pid: number } | undefined
    return row?.pid ?? null
  } catch {
    return null
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
}
