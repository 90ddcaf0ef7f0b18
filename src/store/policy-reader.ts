/** Declared VFs, read. Of a host are those of the controllers that it has now: a drive takes its own along. */
import { fromJsonText } from './json-column.ts'
import { cutPage, mapPage } from './keyset-page.ts'
import type { Prepare } from './operation-columns.ts'
import type { VirtualFunctionPolicyRow } from './policy-row.ts'
import type { StoreReader } from './store.ts'

type PolicyColumns = Omit<VirtualFunctionPolicyRow, 'request' | 'virtualFunctions'> & {
  readonly request: string
  readonly virtualFunctions: string
}

const ONE = `SELECT * FROM "VirtualFunctionPolicy" WHERE "controllerId" = ?`
const OF_HOST = `SELECT "VirtualFunctionPolicy".* FROM "VirtualFunctionPolicy"
  JOIN "Controller" ON "Controller"."id" = "controllerId"
  WHERE "Controller"."hostId" = ? ORDER BY "controllerId"`

const PAGE = `SELECT "VirtualFunctionPolicy".* FROM "VirtualFunctionPolicy"
  JOIN "Controller" ON "Controller"."id" = "controllerId"
  WHERE "controllerId" > @after
    AND (@tenant IS NULL OR "tenant" = @tenant) AND (@hostId IS NULL OR "Controller"."hostId" = @hostId)
  ORDER BY "controllerId" LIMIT @limit`

type PolicyReader = Pick<
  StoreReader,
  'virtualFunctionPolicy' | 'virtualFunctionPolicies' | 'virtualFunctionPoliciesOf'
>

export function policyReader(prepare: Prepare): PolicyReader {
  return {
    virtualFunctionPolicies: ({ tenant, hostId = null }, { after, limit }) => {
      const asked = { tenant, hostId, after: after ?? '', limit: limit + 1 }
      const rows = prepare(PAGE).all(asked) as PolicyColumns[]
      return mapPage(
        cutPage(rows, limit, ({ controllerId }) => controllerId),
        toPolicy
      )
    },
    virtualFunctionPolicy: (controllerId) => {
      const columns = prepare(ONE).get(controllerId) as PolicyColumns | undefined
      return columns && toPolicy(columns)
    },
    virtualFunctionPoliciesOf: (hostId) =>
      (prepare(OF_HOST).all(hostId) as PolicyColumns[]).map(toPolicy),
  }
}

function toPolicy(columns: PolicyColumns): VirtualFunctionPolicyRow {
  return {
    ...columns,
    request: fromJsonText<VirtualFunctionPolicyRow['request']>(columns.request),
    virtualFunctions: fromJsonText<VirtualFunctionPolicyRow['virtualFunctions']>(
      columns.virtualFunctions
    ),
  }
}
