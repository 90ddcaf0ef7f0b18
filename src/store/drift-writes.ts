/** What differs from what is desired, and what is done about it. Of every scan, so by prepared SQL. */
import type { StoreWrite } from './store.ts'
import { toJson } from './json-column.ts'
import type { WriterConnection } from './writer-connection.ts'

export type DriftWrite = Extract<
  StoreWrite,
  {
    readonly write:
      | 'settleHost'
      | 'setDriftPolicy'
      | 'putDrift'
      | 'deleteDrift'
      | 'putHealing'
      | 'deleteHealing'
      | 'forgetTakenVf'
  }
>

const SETTLE = `UPDATE "Host" SET "settledBootId" = @bootId, "unrestored" = @unrestored WHERE "id" = @hostId`
const SET_POLICY = `UPDATE "Host" SET "driftPolicy" = @policy WHERE "id" = @hostId`
const PUT_DRIFT = `INSERT OR REPLACE INTO "Drift"
  ("hostId", "functionKind", "functionId", "kind", "tenant", "expected", "found", "since")
  VALUES (@hostId, @functionKind, @functionId, @kind, @tenant, @expected, @found, @since)`
const DELETE_DRIFT = `DELETE FROM "Drift" WHERE "functionId" = @functionId AND "kind" = @kind`
const PUT_HEALING = `INSERT OR REPLACE INTO "Healing"
  ("functionId", "hostId", "attempts", "lastAttemptAt", "operationId")
  VALUES (@functionId, @hostId, @attempts, @lastAttemptAt, @operationId)`
const FORGET_TAKEN = `UPDATE "Controller"
  SET "observation" = json_set("observation", '$.takenVfs', json((
    SELECT json_group_array("value") FROM json_each("observation", '$.takenVfs') WHERE "value" <> @vfNumber
  )))
  WHERE "id" = @controllerId
    AND EXISTS (SELECT 1 FROM json_each("observation", '$.takenVfs') WHERE "value" = @vfNumber)`
const DELETE_HEALING = `DELETE FROM "Healing" WHERE "functionId" = @functionId`

export function writeDrift(prepare: WriterConnection['prepare'], change: DriftWrite): void {
  const { write: _, ...values } = change
  switch (change.write) {
    case 'settleHost':
      return void prepare(SETTLE).run(values)
    case 'setDriftPolicy':
      return void prepare(SET_POLICY).run(values)
    case 'putDrift': {
      const { expected, found, ...columns } = change.row
      const json = { expected: toJson(expected), found: toJson(found) }
      return void prepare(PUT_DRIFT).run({ ...columns, ...json })
    }
    case 'deleteDrift':
      return void prepare(DELETE_DRIFT).run(values)
    case 'putHealing':
      return void prepare(PUT_HEALING).run(change.row)
    case 'deleteHealing':
      return void prepare(DELETE_HEALING).run(values)
    case 'forgetTakenVf':
      return void prepare(FORGET_TAKEN).run(values)
  }
}
