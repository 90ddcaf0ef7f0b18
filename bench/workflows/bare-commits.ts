/**
 * What durable records cost without an engine: a row for each, inserted in a thread, with those that came meanwhile in one
 * commit. Of few at once, no service that keeps its records in SQLite, off the thread of its requests, adds less time.
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { temporaryFolder } from './six-steps.ts'

export type BareCommits = {
  /** Durable when resolved. */
  readonly record: (id: string, text: string) => Promise<void>
  readonly rows: () => number
  readonly close: () => Promise<void>
}

/** As durable as the product's, and as much room: see src/store/writer-connection.ts. */
const THREAD = `
  const { parentPort, receiveMessageOnPort, workerData: file } = require('node:worker_threads')
  const db = new (require('better-sqlite3'))(file)
  for (const set of ['busy_timeout = 5000', 'synchronous = FULL', 'cache_size = -65536', 'wal_autocheckpoint = 8192'])
    db.pragma(set)
  if (db.pragma('synchronous', { simple: true }) !== 2) throw new Error('not as durable')
  const insert = db.prepare('INSERT INTO "Entry" ("operation", "entry") VALUES (?, ?)')
  parentPort.on('message', (first) => {
    const rows = [...first]
    for (let more = receiveMessageOnPort(parentPort); more; more = receiveMessageOnPort(parentPort))
      rows.push(...more.message)
    db.exec('BEGIN IMMEDIATE')
    for (let at = 0; at < rows.length; at += 2) insert.run(rows[at], rows[at + 1])
    db.exec('COMMIT')
    parentPort.postMessage(rows.length / 2)
  })
`

const SCHEMA = `
  CREATE TABLE "Entry" ("number" INTEGER PRIMARY KEY, "operation" TEXT NOT NULL, "entry" TEXT NOT NULL);
  CREATE INDEX "byOperation" ON "Entry" ("operation")
`

/** What is asked for in one turn of the loop crosses in one message. */
export function bareCommits(): BareCommits {
  const folder = temporaryFolder()
  const file = path.join(folder, 'bare.db')
  const db = databaseAt(file)
  const worker = new Worker(THREAD, { eval: true, workerData: file })
  const waiting: (() => void)[] = []
  let rows: string[] = []
  worker.on('message', (written: number) => {
    for (const done of waiting.splice(0, written)) done()
  })

  function send(): void {
    worker.postMessage(rows)
    rows = []
  }

  const count = db.prepare('SELECT count(*) FROM "Entry"').pluck()
  return {
    record: (id, text) =>
      new Promise((resolve) => {
        if (rows.length === 0) setImmediate(send)
        rows.push(id, text)
        waiting.push(resolve)
      }),
    rows: () => Number(count.get()),
    close: async () => {
      await worker.terminate()
      db.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Its journal mode stays with the file. */
function databaseAt(file: string): Database.Database {
  const db = new Database(file)
  if (db.pragma('journal_mode = WAL', { simple: true }) !== 'wal')
    throw new Error('no write-ahead log')
  db.exec(SCHEMA)
  return db
}
