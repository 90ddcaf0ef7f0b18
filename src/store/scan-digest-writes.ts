/** What rows of a scan were made of, kept with them by prepared SQL. */
import { AS_OBSERVED } from './inventory-columns.ts'
import type { ScanDigestRow } from './rows.ts'
import type { OrdinaryWrite } from './ordinary-writes.ts'
import type { StoreWrite } from './store.ts'
import type { WriterConnection } from './writer-connection.ts'

type Prepare = WriterConnection['prepare']
type ConfirmScan = Extract<StoreWrite, { write: 'confirmScan' }>

const DROP = `DELETE FROM "ScanDigest" WHERE "hostId" = ?`

const PUT = `INSERT OR REPLACE INTO "ScanDigest"
  ("hostId", "digest", "controllers", "virtualFunctions", "namespaces")
  VALUES (@hostId, @digest, @controllers, @virtualFunctions, @namespaces)`

/** Only where it differs: a row with its secondaries takes several pages. */
const SET_HEALTH = `UPDATE "Controller"
  SET "observation" = json_set("observation", '$.controller.health', json(@health)),
      "lastController" = '${AS_OBSERVED}', "observedAt" = @observedAt
  WHERE "id" = @controllerId AND "observation" ->> '$.controller.health' IS NOT @health`

/** A digest never outlives the rows that it stands for. */
export function replaceDigests(
  prepare: Prepare,
  hostIds: readonly string[],
  digest: ScanDigestRow | null
): void {
  for (const hostId of hostIds) if (hostId !== digest?.hostId) prepare(DROP).run(hostId)
  if (digest) prepare(PUT).run(digest)
}

export function confirmScan(prepare: Prepare, { observedAt, health }: ConfirmScan): void {
  for (const { controllerId, health: smart } of health)
    prepare(SET_HEALTH).run({ controllerId, health: JSON.stringify(smart), observedAt })
}

/** What is desired has changed: the next scan tells how it differs from what is there, though that is the same. */
export function voidDigest(prepare: Prepare, write: OrdinaryWrite): void {
  switch (write.write) {
    case 'setSriovBefore':
      return void prepare(dropOf('Controller')).run(write.controllerId)
    case 'setProvisioned':
      return void prepare(dropOf('VirtualFunction')).run(write.virtualFunctionId)
    case 'putAssignment':
      return void prepare(DROP).run(write.row.hostId)
    case 'updateAssignment':
      return void prepare(dropOf('Assignment')).run(write.id)
    case 'putIdempotencyKey':
    case 'settleIdempotencyKey':
      return
  }
}

function dropOf(table: string): string {
  return `DELETE FROM "ScanDigest" WHERE "hostId" = (SELECT "hostId" FROM "${table}" WHERE "id" = ?)`
}
