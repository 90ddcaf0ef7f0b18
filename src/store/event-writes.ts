/** The event log. The number is given here, in the transaction of the change. */
import { toJson } from './json-column.ts'
import type { NewEvent } from './rows.ts'
import type { WriterConnection } from './writer-connection.ts'

const INSERT_EVENT = `INSERT INTO "Event" ("type", "at", "hostId", "subjectKind", "subjectId", "actor", "tenant",
  "operationId", "detail")
  VALUES (@type, @at, @hostId, @subjectKind, @subjectId, @actor, @tenant, @operationId, @detail)`

/** @returns the event's number. */
export function appendEvent(prepare: WriterConnection['prepare'], event: NewEvent): number {
  const { subject, detail, ...columns } = event
  const { lastInsertRowid } = prepare(INSERT_EVENT).run({
    ...columns,
    subjectKind: subject.kind,
    subjectId: subject.id,
    detail: toJson(detail),
  })
  return Number(lastInsertRowid)
}
