/** Opens the database: a reading connection in this thread, and another thread that writes. */
import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { isMigrated } from './migrate.ts'
import { findMigrationsFolder, readMigrations } from './migrations-folder.ts'
import { keptInventory, rowsForViews } from './kept-inventory.ts'
import { createReader } from './reader.ts'
import type { EventRow } from './rows.ts'
import type { CommitResult, Store, StoreWrite } from './store.ts'
import { StoreError } from './store-error.ts'
import { startWriter, type Writer } from './writer.ts'

export type StoreOptions = {
  /** Made when it does not exist; its folder must. One process at a time: see data-lock.ts. */
  readonly file: string
  /** Default: the nearest `prisma/migrations` above this file. */
  readonly migrationsFolder?: string
}

/**
 * One that is there and needs no migration can be read at once: its writer, a thread whose start takes longer than all of
 * that, is then started by the first who writes.
 *
 * @throws {StoreError} when the database cannot be opened or migrated
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { file, migrationsFolder = findMigrationsFolder() } = options
  const listeners = new Set<(events: readonly EventRow[]) => void>()

  const kept = keptInventory({
    assignment: (tenant, id) => read.assignment(tenant, id),
    rowsOf: (hostId) => rowsForViews(read, hostId),
  })
  let starting: Promise<Writer> | undefined
  let started: Writer | undefined
  const writer = () =>
    (starting ??= startWriter({ file, migrationsFolder }, (writes, result) => {
      kept.written(writes)
      if (result.events.length === 0) return
      const events = eventsOf(writes, result)
      for (const listener of listeners) tell(listener, events)
    }).then((writing) => (started = writing)))
  const db = openMigrated(file, migrationsFolder) ?? (await madeBy(writer, file))

  const read = createReader(db)

  return {
    read: { ...read, keptInventoryOf: kept.of },
    startWriting: async () => void (await writer()),
    commit: (writes) =>
      started ? started.commit(writes) : writer().then((one) => one.commit(writes)),
    onEvents: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: async () => {
      const last = starting
      starting = closedForEver()
      started = undefined
      // What was asked for before is committed now, and whoever is told of it may read.
      await (await last?.catch(() => undefined))?.close()
      db.close()
    },
  }
}

/** What is asked for after that is refused, and starts no thread. */
function closedForEver(): Promise<never> {
  const doing = 'writing a closed database'
  const refused = Promise.reject(new StoreError(doing, { kind: 'writer-ended' }))
  refused.catch(() => {}) // perhaps nobody asks
  return refused
}

async function madeBy(writer: () => Promise<Writer>, file: string) {
  await writer()
  return new Database(file, { readonly: true })
}

/** undefined also when something is wrong with it: the writer, who would mend or refuse it, says what. */
function openMigrated(
  file: string,
  migrationsFolder: string
): Database.Database | undefined {
  if (!existsSync(file)) return undefined
  let db: Database.Database | undefined
  try {
    db = new Database(file, { readonly: true })
    if (isMigrated(db, readMigrations(migrationsFolder))) return db
  } catch {
    // Not a database, or not ours.
  }
  db?.close()
  return undefined
}

/** The events that a transaction appended, with the numbers that it gave them. */
function eventsOf(
  writes: readonly StoreWrite[],
  result: CommitResult
): readonly EventRow[] {
  const appended = writes.flatMap((write) =>
    write.write === 'appendEvent' ? [write.event] : []
  )
  return appended.flatMap((event, index) => {
    const number = result.events[index]
    return number === undefined ? [] : [{ ...event, number }]
  })
}

/** A listener that throws is a bug of its own: it keeps neither the others nor the commit from being told. */
function tell(
  listener: (events: readonly EventRow[]) => void,
  events: readonly EventRow[]
): void {
  try {
    listener(events)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
