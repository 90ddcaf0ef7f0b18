/** Operations: pages for lists, and what is looked for among all that there ever were, which SQLite finds without their being read here. */
import type { Json } from '../saga/workflow.ts'
import { fromJson } from './json-column.ts'
import { mapPage, operationsPage, termsOf } from './keyset-page.ts'
import { openOperationReader, type OpenOperationColumns } from './open-operation-reader.ts'
import {
  OPERATION_ROW,
  readOperation,
  toOperation,
  type OperationRow,
  type Prepare,
} from './operation-columns.ts'
import type { OpenOperation, StoreReader } from './store.ts'

type OperationReader = Pick<
  StoreReader,
  'operations' | 'operationsInOrder' | 'operation' | 'openOperations' | 'firstSince'
>

export function operationReader(prepare: Prepare): OperationReader {
  return {
    openOperations: openOperationReader(prepare),
    operations: ({ tenant, states }, page) =>
      mapPage(operationsPage(prepare, { tenant, state: states }, page), toOperation),
    operationsInOrder: ({ states, workflow }) => {
      const { terms, values } = termsOf({ state: states, workflow })
      const sql = `SELECT ${OPERATION_ROW} FROM "Operation" WHERE ${terms.join(' AND ')} ORDER BY "number"`
      return (prepare(sql).all(...values) as OperationRow[]).map(toOperation)
    },
    operation: (tenant, id) => {
      const record = readOperation(prepare, id)
      return tenant === null || record?.tenant === tenant ? record : undefined
    },
    firstSince: (id, { exclusive, shared }) => {
      const [held, alone] = [[...exclusive, ...shared], exclusive].map((ids) =>
        JSON.stringify(ids)
      )
      const row = prepare(FIRST_SINCE).get({ id, held, alone })
      return row === undefined ? undefined : toOpen(row as OpenOperationColumns)
    },
  }
}

/** Where `holds` of the parameters is otherwise, they hold nothing that is known. */
const FIRST_SINCE = `SELECT "id", "workflow", "version", "state", "params" FROM "Operation"
  WHERE "number" > (SELECT "number" FROM "Operation" WHERE "id" = @id) AND "state" <> 'undone'
  AND (${sharesAny('exclusive', '@held')} OR ${sharesAny('shared', '@alone')}) ORDER BY "number" LIMIT 1`

function sharesAny(kind: 'exclusive' | 'shared', mine: string): string {
  return `EXISTS (SELECT 1 FROM json_each("params", '$.holds.${kind}') WHERE "value" IN (SELECT "value" FROM json_each(${mine})))`
}

function toOpen({ params, ...row }: OpenOperationColumns): OpenOperation {
  return { ...row, params: fromJson<Json>(params) }
}
