/** Reading: synchronous prepared SQL on a read-only connection. WAL gives each statement the last commit, and never waits for the writer. */
import type Database from 'better-sqlite3'
import type {
  AssignmentColumns,
  ControllerColumns,
  DriftColumns,
  EventColumns,
  HostColumns,
  NamespaceColumns,
  VirtualFunctionColumns,
  VirtualFunctionValues,
} from './inventory-columns.ts'
import {
  AS_OBSERVED,
  toAssignment,
  toController,
  toDrift,
  toEvent,
  toHost,
  toNamespace,
  toVirtualFunction,
  virtualFunctionOf,
  VIRTUAL_FUNCTION_COLUMNS,
} from './inventory-columns.ts'
import type { Json } from '../saga/workflow.ts'
import { fromJson, fromJsonText } from './json-column.ts'
import { keysetPage, mapPage, placesPage } from './keyset-page.ts'
import type { Prepare } from './operation-columns.ts'
import { operationReader } from './operation-reader.ts'
import { policyReader } from './policy-reader.ts'
import type { HealingRow, PlanRow } from './rows.ts'
import type { ControllerHealth, KnownKey, StoreReader } from './store.ts'

/** Rows are counted as well, in their indexes: what was deleted by hand is to be scanned again. */
const STANDING_DIGEST = `SELECT "digest" FROM "ScanDigest" WHERE "hostId" = @hostId
  AND ${['Controller', 'VirtualFunction', 'Namespace'].map(isComplete).join(' AND ')}`

function isComplete(table: string): string {
  const counted = `${table.charAt(0).toLowerCase()}${table.slice(1)}s`
  return `"${counted}" = (SELECT count(*) FROM "${table}" WHERE "hostId" = @hostId)`
}

const OVER = `('released', 'failed')`

export function createReader(db: Database.Database): Omit<StoreReader, 'keptInventoryOf'> {
  const prepare = cached(db)
  return {
    ...inventoryReader(db, prepare),
    ...assignmentReader(prepare),
    ...driftReader(prepare),
    ...policyReader(prepare),
    ...operationReader(prepare),
    ...planReader(prepare),
    ...eventReader(prepare),
  }
}

type InventoryReader = Pick<
  StoreReader,
  | 'hosts'
  | 'host'
  | 'observedAtOf'
  | 'controllers'
  | 'controller'
  | 'healthOf'
  | 'virtualFunctions'
  | 'virtualFunction'
  | 'namespaces'
  | 'namespace'
  | 'places'
  | 'inventoryOf'
  | 'scanDigest'
>

function inventoryReader(db: Database.Database, prepare: Prepare): InventoryReader {
  const ofHost = (hostId: string) => ({
    controllers: all<ControllerColumns>(prepare, 'Controller', hostId).map(toController),
    virtualFunctions: virtualFunctionsOf(prepare, hostId),
    namespaces: all<NamespaceColumns>(prepare, 'Namespace', hostId).map(toNamespace),
  })
  return {
    hosts: (page) => mapPage(keysetPage<HostColumns>(prepare, 'Host', {}, page), toHost),
    host: (id) => one(prepare, 'Host', id, toHost),
    observedAtOf: (id) =>
      prepare('SELECT "observedAt" FROM "Host" WHERE "id" = ?').pluck().get(id) as
        string | undefined,
    controllers: (filter, page) =>
      mapPage(
        keysetPage<ControllerColumns>(prepare, 'Controller', filter, page),
        toController
      ),
    controller: (id) => one(prepare, 'Controller', id, toController),
    healthOf: (hostId) =>
      (prepare(HEALTH).all({ hostId }) as HealthColumns[]).map(toHealth),
    virtualFunctions: (filter, page) =>
      mapPage(
        keysetPage<VirtualFunctionColumns>(prepare, 'VirtualFunction', filter, page),
        toVirtualFunction
      ),
    virtualFunction: (id) => one(prepare, 'VirtualFunction', id, toVirtualFunction),
    namespaces: (filter, page) =>
      mapPage(
        keysetPage<NamespaceColumns>(prepare, 'Namespace', filter, page),
        toNamespace
      ),
    namespace: (id) => one(prepare, 'Namespace', id, toNamespace),
    places: (table, filter, page) => placesPage(prepare, table, filter, page),
    // In a transaction, so that the three lists are of one instant.
    inventoryOf: (hostId) => db.transaction(ofHost)(hostId),
    scanDigest: (hostId) => {
      const found = prepare(STANDING_DIGEST).get({ hostId }) as
        { readonly digest: string } | undefined
      return found?.digest
    },
  }
}

/** Of each host after each scan, so without taking its rows apart here. */
const HEALTH = `SELECT * FROM (SELECT "id" AS "controllerId", CASE "lastController"
    WHEN '${AS_OBSERVED}' THEN json_extract("observation", '$.controller.health')
    ELSE json_extract("lastController", '$.health') END AS "health"
  FROM "Controller" WHERE "hostId" = @hostId AND "present" = 1 ORDER BY "id") WHERE "health" IS NOT NULL`

type HealthColumns = { readonly controllerId: string; readonly health: string }

function toHealth({ controllerId, health }: HealthColumns): ControllerHealth {
  return { controllerId, health: fromJsonText(health) }
}

function assignmentReader(
  prepare: Prepare
): Pick<
  StoreReader,
  | 'assignments'
  | 'assignment'
  | 'standingAssignment'
  | 'standingAssignmentsOf'
  | 'standingOnFunctionsOf'
> {
  const ofHost = `SELECT * FROM "Assignment" WHERE "hostId" = ? AND "state" NOT IN ${OVER} ORDER BY "id"`
  const onFunctions = `SELECT * FROM "Assignment" WHERE "state" NOT IN ${OVER} AND "functionId" IN
    (SELECT "id" FROM "Controller" WHERE "hostId" = @hostId UNION ALL SELECT "id" FROM "VirtualFunction" WHERE "hostId" = @hostId) ORDER BY "id"`
  const standing = `SELECT * FROM "Assignment" WHERE "functionId" = ? AND "state" NOT IN ${OVER} ORDER BY "id" DESC LIMIT 1`
  return {
    assignments: (tenant, page) =>
      mapPage(
        keysetPage<AssignmentColumns>(prepare, 'Assignment', { tenant }, page),
        toAssignment
      ),
    assignment: (tenant, id) => owned(one(prepare, 'Assignment', id, toAssignment), tenant),
    standingAssignment: (functionId) => {
      const columns = prepare(standing).get(functionId) as AssignmentColumns | undefined
      return columns && toAssignment(columns)
    },
    standingOnFunctionsOf: (hostId) =>
      (prepare(onFunctions).all({ hostId }) as AssignmentColumns[]).map(toAssignment),
    standingAssignmentsOf: (hostId) =>
      (prepare(ofHost).all(hostId) as AssignmentColumns[]).map(toAssignment),
  }
}

/** Of each host after each scan, so without reading a row. */
const IS_CARED_FOR = `SELECT EXISTS (SELECT 1 FROM "VirtualFunction" WHERE "hostId" = @hostId AND "provisioned" IS NOT NULL)
  OR EXISTS (SELECT 1 FROM "Assignment" WHERE "hostId" = @hostId AND "state" NOT IN ${OVER})
  OR EXISTS (SELECT 1 FROM "VirtualFunctionPolicy" JOIN "Controller" ON "id" = "controllerId" WHERE "hostId" = @hostId)
  OR EXISTS (SELECT 1 FROM "Healing" WHERE "hostId" = @hostId) AS "is"`

function driftReader(
  prepare: Prepare
): Pick<StoreReader, 'driftOf' | 'healingOf' | 'isCaredFor'> {
  const drift = `SELECT * FROM "Drift" WHERE "hostId" = ? ORDER BY "functionId", "kind"`
  const healing = `SELECT * FROM "Healing" WHERE "hostId" = ? ORDER BY "functionId"`
  return {
    driftOf: (hostId) => (prepare(drift).all(hostId) as DriftColumns[]).map(toDrift),
    healingOf: (hostId) => prepare(healing).all(hostId) as HealingRow[],
    isCaredFor: (hostId) => {
      const found = prepare(IS_CARED_FOR).get({ hostId }) as { readonly is: number }
      return found.is === 1
    },
  }
}

function planReader(prepare: Prepare): Pick<StoreReader, 'plan'> {
  const toPlan = ({ request, made, ...columns }: PlanColumns): PlanRow => ({
    ...columns,
    request: fromJson<Json>(request),
    made: fromJson<Json>(made),
  })
  return { plan: (tenant, id) => owned(one(prepare, 'Plan', id, toPlan), tenant) }
}

type PlanColumns = Omit<PlanRow, 'request' | 'made'> & {
  readonly request: string
  readonly made: string
}

function eventReader(
  prepare: Prepare
): Pick<StoreReader, 'events' | 'lastEventNumber' | 'idempotencyKey'> {
  const after = (tenant: string | null) =>
    `SELECT * FROM "Event" WHERE "number" > ? ${tenant === null ? '' : 'AND "tenant" = ?'} ORDER BY "number" LIMIT ?`
  const last = 'SELECT coalesce(max("number"), 0) AS "number" FROM "Event"'
  const key =
    'SELECT "requestHash", "operationId", "answer" FROM "IdempotencyKey" WHERE "tenant" = ? AND "key" = ?'
  return {
    events: (tenant, afterNumber, limit) => {
      const values = tenant === null ? [afterNumber, limit] : [afterNumber, tenant, limit]
      return (prepare(after(tenant)).all(...values) as EventColumns[]).map(toEvent)
    },
    lastEventNumber: () => (prepare(last).get() as { number: number }).number,
    idempotencyKey: (tenant, value) => {
      const row = prepare(key).get(tenant, value) as KeyColumns | undefined
      return row && { ...row, answer: fromJson<Json>(row.answer) }
    },
  }
}

type KeyColumns = Omit<KnownKey, 'answer'> & { readonly answer: string | null }

/** The same text gives the same statement. */
function cached(db: Database.Database): Prepare {
  const statements = new Map<string, Database.Statement>()
  return (sql) => {
    const statement = statements.get(sql) ?? db.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
}

function one<C, T>(
  prepare: Prepare,
  table: string,
  id: string,
  map: (columns: C) => T
): T | undefined {
  const columns = prepare(`SELECT * FROM "${table}" WHERE "id" = ?`).get(id)
  return columns === undefined ? undefined : map(columns as C)
}

function all<C>(prepare: Prepare, table: string, hostId: string): C[] {
  return prepare(`SELECT * FROM "${table}" WHERE "hostId" = ? ORDER BY "id"`).all(
    hostId
  ) as C[]
}

/** Of every scan, and hundreds: as arrays they are read in half the time. */
function virtualFunctionsOf(prepare: Prepare, hostId: string) {
  const columns = VIRTUAL_FUNCTION_COLUMNS.map((column) => `"${column}"`).join(', ')
  const sql = `SELECT ${columns} FROM "VirtualFunction" WHERE "hostId" = ? ORDER BY "id"`
  const rows = prepare(sql).raw().all(hostId) as VirtualFunctionValues[]
  return rows.map(virtualFunctionOf)
}

/** What belongs to another tenant does not exist. */
function owned<T extends { readonly tenant: string }>(
  row: T | undefined,
  tenant: string | null
): T | undefined {
  return tenant === null || row?.tenant === tenant ? row : undefined
}
