/** Operations that have not ended, as every request looks at them: often, and at all of them. */
import { OPEN_STATES } from '../saga/operation.ts'
import type { Json } from '../saga/workflow.ts'
import { fromJson } from './json-column.ts'
import type { OperationColumns, Prepare } from './operation-columns.ts'
import type { OpenOperation } from './store.ts'

const SELECT_OPEN = `SELECT "id", "workflow", "version", "state", "params" FROM "Operation"
  WHERE "state" IN (${OPEN_STATES.map((state) => `'${state}'`).join(', ')}) ORDER BY "number"`

export type OpenOperationColumns = Pick<
  OperationColumns,
  'id' | 'workflow' | 'version' | 'state' | 'params'
>

/** Parameters never change: each is read once while its operation is open. */
export function openOperationReader(prepare: Prepare): () => readonly OpenOperation[] {
  let known = new Map<string, Json>()
  return () => {
    const rows = prepare(SELECT_OPEN).all() as OpenOperationColumns[]
    known = new Map(
      rows.map(({ id, params }) => [id, known.get(id) ?? fromJson<Json>(params)])
    )
    return rows.map((row) => ({ ...row, params: known.get(row.id) ?? null }))
  }
}
