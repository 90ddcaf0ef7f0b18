/** Declared VFs, by prepared SQL. */
import { toJson } from './json-column.ts'
import type { StoreWrite } from './store.ts'
import type { WriterConnection } from './writer-connection.ts'

export type PolicyWrite = Extract<
  StoreWrite,
  { readonly write: 'putVirtualFunctionPolicy' | 'deleteVirtualFunctionPolicy' }
>

const PUT = `INSERT OR REPLACE INTO "VirtualFunctionPolicy"
  ("controllerId", "request", "virtualFunctions", "actor", "tenant", "at")
  VALUES (@controllerId, @request, @virtualFunctions, @actor, @tenant, @at)`
const DELETE = `DELETE FROM "VirtualFunctionPolicy" WHERE "controllerId" = @controllerId`

export function writePolicy(
  prepare: WriterConnection['prepare'],
  change: PolicyWrite
): void {
  if (change.write === 'deleteVirtualFunctionPolicy') {
    const { controllerId } = change
    return void prepare(DELETE).run({ controllerId })
  }
  const { request, virtualFunctions, ...columns } = change.row
  const json = { request: toJson(request), virtualFunctions: toJson(virtualFunctions) }
  prepare(PUT).run({ ...columns, ...json })
}
