/**
 * What durable records cost without an engine: a row for each, inserted in a thread, with those that came meanwhile in one
 * commit. No service that keeps its records in SQLite, off the thread of its requests, adds less time than that.
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { temporaryFolder } from './six-steps.ts'

export type BareCommits = {
  /** Durable when resolved. */
  readonly record: (id: string, text: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** As durable as the product's, and as much room: see src/store/writer-connection.ts. */
const THREAD = `
  const { parentPort, receiveMessageOnPort, workerData: file } = require('node:worker_threads')
  const db = new (require('better-sqlite3'))(file)
  for (const set of ['journal_mode = WAL', 'synchronous = FULL', 'cache_size = -65536', 'wal_autocheckpoint = 8192'])
    db.pragma(set)
  db.exec('CREATE TABLE "Entry" ("number" INTEGER PRIMARY KEY, "operation" TEXT NOT NULL, "entry" TEXT NOT NULL)')
  db.exec('CREATE INDEX "byOperation" ON "Entry" ("operation")')
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

/** What is asked for in one turn of the loop crosses in one message. */
export function bareCommits(): BareCommits {
  const folder = temporaryFolder()
  const worker = new Worker(THREAD, {
    eval: true,
    workerData: path.join(folder, 'bare.db'),
  })
  const waiting: (() => void)[] = []
  let rows: string[] = []
  worker.on('message', (written: number) => {
    for (const done of waiting.splice(0, written)) done()
  })

  function send(): void {
    worker.postMessage(rows)
    rows = []
  }

  return {
    record: (id, text) =>
      new Promise((resolve) => {
        if (rows.length === 0) setImmediate(send)
        rows.push(id, text)
        waiting.push(resolve)
      }),
    close: async () => {
      await worker.terminate()
      rmSync(folder, { recursive: true })
    },
  }
}
