/**
 * Bulk reconciliation of one scan, by prepared SQL: rows that changed, whole, but for the columns that a scan does not
 * know. They cross to the writer's thread as one text: copying a row as an object takes three times as long.
 */
import type {
  ControllerRow,
  NamespaceRow,
  ScanDigestRow,
  SeenHostRow,
  VirtualFunctionRow,
} from './rows.ts'
import type { StoreWrite } from './store.ts'
import { AS_OBSERVED, VIRTUAL_FUNCTION_COLUMNS } from './inventory-columns.ts'
import { toJson } from './json-column.ts'
import { replaceDigests } from './scan-digest-writes.ts'
import type { WriterConnection } from './writer-connection.ts'

type Prepare = WriterConnection['prepare']
type Reconcile = Extract<StoreWrite, { write: 'reconcile' }>

/** As `Reconcile`, packed. */
export type PackedReconcile = {
  readonly write: 'packedReconcile'
  /** JSON of `PackedRows`. */
  readonly rows: string
}

type Value = string | number | null
type PackedRows = {
  readonly controllers: readonly (readonly Value[])[]
  readonly virtualFunctions: readonly (readonly Value[])[]
  readonly namespaces: readonly (readonly Value[])[]
  /** Hosts whose rows these are. */
  readonly hostIds: readonly string[]
  readonly digest: ScanDigestRow | null
}

const HOST = [
  'id',
  'machineId',
  'bootId',
  'hostname',
  'kernelRelease',
  'onlineCpus',
  'iommu',
  'reach',
  'why',
  'observedAt',
] as const

const CONTROLLER = [
  'id',
  'hostId',
  'serial',
  'subsystemNqn',
  'cntlid',
  'address',
  'present',
  'ambiguous',
  'observation',
  'lastController',
  'observedAt',
] as const

/** All but what provisioning writes. */
const VIRTUAL_FUNCTION = VIRTUAL_FUNCTION_COLUMNS.filter((name) => name !== 'provisioned')

const NAMESPACE = ['id', 'hostId', 'present', 'observation', 'observedAt'] as const

/** Nothing of a new host was ever handed out, so there is nothing to be restored in its boot. */
const PUT_HOST = upsert('Host', HOST, ['settledBootId'])
const PUT_CONTROLLER = upsert('Controller', CONTROLLER)
const PUT_VIRTUAL_FUNCTION = upsert('VirtualFunction', VIRTUAL_FUNCTION)
const PUT_NAMESPACE = upsert('Namespace', NAMESPACE)

/** Of every scan, so by prepared SQL too. */
export function putHost(prepare: Prepare, row: SeenHostRow): void {
  const columns = { ...row, iommu: Number(row.iommu) }
  prepare(PUT_HOST).run([...HOST.map((column) => columns[column]), row.bootId])
}

export function packReconcile(write: Reconcile): PackedReconcile {
  const rows: PackedRows = {
    controllers: write.controllers.map(controllerValues),
    virtualFunctions: write.virtualFunctions.map(virtualFunctionValues),
    namespaces: write.namespaces.map(namespaceValues),
    hostIds: hostIdsOf(write),
    digest: write.digest ?? null,
  }
  return { write: 'packedReconcile', rows: JSON.stringify(rows) }
}

export function reconcile(prepare: Prepare, { rows }: PackedReconcile): void {
  const packed = JSON.parse(rows) as PackedRows // packReconcile's
  const { controllers, virtualFunctions, namespaces } = packed
  putAll(prepare(PUT_CONTROLLER), controllers)
  putAll(prepare(PUT_VIRTUAL_FUNCTION), virtualFunctions)
  putAll(prepare(PUT_NAMESPACE), namespaces)
  replaceDigests(prepare, packed.hostIds, packed.digest)
}

function putAll(statement: ReturnType<Prepare>, rows: readonly (readonly Value[])[]): void {
  for (const values of rows) statement.run(values)
}

/** Hosts whose rows these are. */
export function hostIdsOf(write: Reconcile): readonly string[] {
  const hostIds = new Set<string>()
  for (const row of write.controllers) hostIds.add(row.hostId)
  for (const row of write.virtualFunctions) hostIds.add(row.hostId)
  for (const row of write.namespaces) hostIds.add(row.hostId)
  return [...hostIds]
}

/** In the order of CONTROLLER. */
function controllerValues(row: Omit<ControllerRow, 'sriovBefore'>): readonly Value[] {
  const { observation, lastController } = row
  const isAsObserved = lastController !== null && lastController === observation.controller
  return [
    row.id,
    row.hostId,
    row.serial,
    row.subsystemNqn,
    row.cntlid,
    row.address,
    Number(row.present),
    Number(row.ambiguous),
    toJson(observation),
    isAsObserved ? AS_OBSERVED : toJson(lastController),
    row.observedAt,
  ]
}

/** In the order of VIRTUAL_FUNCTION. */
function virtualFunctionValues(
  row: Omit<VirtualFunctionRow, 'provisioned'>
): readonly Value[] {
  return [
    row.id,
    row.hostId,
    row.controllerId,
    row.vfNumber,
    row.cntlid,
    row.address,
    row.secondaryState,
    row.vq,
    row.vi,
    toJson(row.observation),
    row.observedAt,
  ]
}

/** In the order of NAMESPACE. */
function namespaceValues(row: NamespaceRow): readonly Value[] {
  return [row.id, row.hostId, Number(row.present), toJson(row.observation), row.observedAt]
}

/** @param once columns that only a new row gets */
function upsert(
  table: string,
  columns: readonly string[],
  once: readonly string[] = []
): string {
  const names = [...columns, ...once].map((column) => `"${column}"`).join(', ')
  const values = [...columns, ...once].map(() => '?').join(', ')
  const changed = columns
    .filter((column) => column !== 'id')
    .map((column) => `"${column}" = excluded."${column}"`)
    .join(', ')
  return `INSERT INTO "${table}" (${names}) VALUES (${values}) ON CONFLICT ("id") DO UPDATE SET ${changed}`
}
