/** Bulk reconciliation of one scan, by prepared SQL: rows that changed, whole, but for the columns that a scan does not know. */
import type { NamespaceRow } from './rows.ts'
import type { StoreWrite } from './store.ts'
import { toJson } from './json-column.ts'
import type { WriterConnection } from './writer-connection.ts'

type Prepare = WriterConnection['prepare']
type Reconcile = Extract<StoreWrite, { write: 'reconcile' }>

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

const VIRTUAL_FUNCTION = [
  'id',
  'hostId',
  'controllerId',
  'vfNumber',
  'cntlid',
  'address',
  'secondaryState',
  'vq',
  'vi',
  'observation',
  'observedAt',
] as const

const NAMESPACE = ['id', 'hostId', 'present', 'observation', 'observedAt'] as const

const PUT_CONTROLLER = upsert('Controller', CONTROLLER)
const PUT_VIRTUAL_FUNCTION = upsert('VirtualFunction', VIRTUAL_FUNCTION)
const PUT_NAMESPACE = upsert('Namespace', NAMESPACE)

export function reconcile(prepare: Prepare, write: Reconcile): void {
  for (const row of write.controllers) putController(prepare, row)
  for (const row of write.virtualFunctions) putVirtualFunction(prepare, row)
  for (const row of write.namespaces) putNamespace(prepare, row)
}

function putController(prepare: Prepare, row: Reconcile['controllers'][number]): void {
  prepare(PUT_CONTROLLER).run({
    ...row,
    present: Number(row.present),
    ambiguous: Number(row.ambiguous),
    observation: toJson(row.observation),
    lastController: toJson(row.lastController),
  })
}

function putVirtualFunction(
  prepare: Prepare,
  row: Reconcile['virtualFunctions'][number]
): void {
  prepare(PUT_VIRTUAL_FUNCTION).run({ ...row, observation: toJson(row.observation) })
}

function putNamespace(prepare: Prepare, row: NamespaceRow): void {
  prepare(PUT_NAMESPACE).run({
    ...row,
    present: Number(row.present),
    observation: toJson(row.observation),
  })
}

function upsert(table: string, columns: readonly string[]): string {
  const names = columns.map((column) => `"${column}"`).join(', ')
  const values = columns.map((column) => `@${column}`).join(', ')
  const changed = columns
    .filter((column) => column !== 'id')
    .map((column) => `"${column}" = excluded."${column}"`)
    .join(', ')
  return `INSERT INTO "${table}" (${names}) VALUES (${values}) ON CONFLICT ("id") DO UPDATE SET ${changed}`
}
