/** Peers of the engine: the same number of records, written one by one into a table of nvirt's own, as durably. */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { appendEvent } from '../../src/store/event-writes.ts'
import { migrate } from '../../src/store/migrate.ts'
import { findMigrationsFolder, readMigrations } from '../../src/store/migrations-folder.ts'
import type { NewEvent } from '../../src/store/rows.ts'
import {
  openWriterConnection,
  type WriterConnection,
} from '../../src/store/writer-connection.ts'
import { makespanMs, OUTPUT, RECORDS, temporaryFolder } from './six-steps.ts'

export type Recorder = {
  readonly run: (atOnce: number) => Promise<number>
  readonly rows: () => number
  readonly close: () => Promise<void>
}

/** By prepared SQL, each insert a transaction of its own. */
export function commitEach(): Promise<Recorder> {
  return recorder((connection) => {
    return async (event) => void appendEvent(connection.prepare, event)
  })
}

export function prismaCreates(): Promise<Recorder> {
  return recorder(async (connection) => {
    const prisma = await connection.prisma()
    return async ({ subject, detail, ...columns }) => {
      const data = { subjectKind: subject.kind, subjectId: subject.id }
      await prisma.event.create({
        data: { ...columns, ...data, detail: JSON.stringify(detail) },
      })
    }
  })
}

type Record = (event: NewEvent) => Promise<void>

async function recorder(
  recording: (connection: WriterConnection) => Record | Promise<Record>
): Promise<Recorder> {
  const folder = temporaryFolder()
  const connection = await openWriterConnection(path.join(folder, 'nvirt.db'))
  migrate(connection.db, readMigrations(findMigrationsFolder()))
  const record = await recording(connection)
  const count = connection.prepare('SELECT count(*) FROM "Event"').pluck()
  return {
    run: (atOnce) =>
      makespanMs(atOnce, async (nth) => {
        for (let at = 0; at < RECORDS; at++) await record(eventOf(nth))
      }),
    rows: () => Number(count.get()),
    close: async () => {
      await connection.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function eventOf(nth: number): NewEvent {
  return {
    type: 'operation.succeeded',
    at: '2026-01-01T00:00:00.000Z',
    hostId: null,
    subject: { kind: 'operation', id: `${nth}` },
    actor: 'bench',
    tenant: 'bench',
    operationId: `${nth}`,
    detail: { output: OUTPUT },
  }
}
