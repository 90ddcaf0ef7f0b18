/** Plans are kept for a while: each new one takes away those that have expired, and what its tenant has too many of. */
import { toJson } from './json-column.ts'
import type { StoreWrite } from './store.ts'
import type { WriterConnection } from './writer-connection.ts'

type PutPlan = Extract<StoreWrite, { readonly write: 'putPlan' }>

const EXPIRE = `DELETE FROM "Plan" WHERE "expiresAt" <= ?`
const PUT = `INSERT INTO "Plan" ("id", "tenant", "request", "made", "createdAt", "expiresAt")
  VALUES (@id, @tenant, @request, @made, @createdAt, @expiresAt)`
/** Ids ascend with time. */
const KEEP_NEWEST = `DELETE FROM "Plan" WHERE "id" IN
  (SELECT "id" FROM "Plan" WHERE "tenant" = ? ORDER BY "id" DESC LIMIT -1 OFFSET ?)`

export function putPlan(
  prepare: WriterConnection['prepare'],
  { row, keep }: PutPlan
): void {
  const { request, made, ...columns } = row
  prepare(EXPIRE).run(row.createdAt)
  prepare(PUT).run({ ...columns, request: toJson(request), made: toJson(made) })
  prepare(KEEP_NEWEST).run(row.tenant, keep)
}
