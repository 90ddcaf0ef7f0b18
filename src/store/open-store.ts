/** Opens the database: a writing thread, and a reading connection in this one. */
import Database from 'better-sqlite3'
import { findMigrationsFolder } from './migrations-folder.ts'
import { createReader } from './reader.ts'
import type { EventRow } from './rows.ts'
import type { CommitResult, Store, StoreWrite } from './store.ts'
import { startWriter } from './writer.ts'

export type StoreOptions = {
  /** Made when it does not exist; its folder must. One process at a time: see data-lock.ts. */
  readonly file: string
  /** Default: the nearest `prisma/migrations` above this file. */
  readonly migrationsFolder?: string
}

/** @throws {StoreError} when the database cannot be opened or migrated */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { file, migrationsFolder = findMigrationsFolder() } = options
  const listeners = new Set<(events: readonly EventRow[]) => void>()

  const writer = await startWriter({ file, migrationsFolder }, (writes, result) => {
    const events = eventsOf(writes, result)
    if (events.length > 0) for (const listener of listeners) tell(listener, events)
  })
  const db = new Database(file, { readonly: true })

  return {
    read: createReader(db),
    commit: writer.commit,
    onEvents: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: async () => {
      db.close()
      await writer.close()
    },
  }
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
