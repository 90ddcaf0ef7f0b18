/** Scans one after the other, each against the rows that the one before left. */
import type { HostObservation } from '../../src/host/observation.ts'
import type { Elsewhere } from '../../src/inventory/elsewhere.ts'
import type { InHand } from '../../src/inventory/in-hand.ts'
import { reconcile, type Reconciled } from '../../src/inventory/reconcile.ts'
import type { InventoryRows } from '../../src/inventory/scanned-row.ts'

const NOTHING_ELSEWHERE: Elsewhere = {
  holderOf: () => undefined,
  claims: () => false,
  hasNamespace: () => false,
}

type Surroundings = {
  readonly inHand?: (id: string) => InHand
  readonly elsewhere?: Elsewhere
  readonly isAssigned?: (controllerId: string) => boolean
}

/** Rows after the last of them, and its differences. */
export function scanned(
  observations: readonly HostObservation[],
  around: Surroundings = {}
) {
  let rows: InventoryRows = { controllers: [], virtualFunctions: [], namespaces: [] }
  let changed: Reconciled | undefined
  for (const observation of observations) {
    changed = reconcile({
      hostId: 'host',
      before: rows,
      observation,
      inHand: () => 'nothing',
      elsewhere: NOTHING_ELSEWHERE,
      isAssigned: () => false,
      ...around,
    })
    rows = applied(rows, changed)
  }
  if (!changed) throw new Error('nothing was scanned')
  return { rows, changed, differences: changed.differences }
}

function applied(rows: InventoryRows, changed: Reconciled): InventoryRows {
  return {
    controllers: merged(
      rows.controllers,
      changed.controllers.map((row) => ({ ...row, sriovBefore: null }))
    ),
    virtualFunctions: merged(
      rows.virtualFunctions,
      changed.virtualFunctions.map((row) => ({ ...row, provisioned: null }))
    ),
    namespaces: merged(rows.namespaces, changed.namespaces),
  }
}

function merged<Row extends { readonly id: string }>(
  before: readonly Row[],
  after: readonly Row[]
): readonly Row[] {
  const byId = new Map(before.map((row) => [row.id, row]))
  for (const row of after) byId.set(row.id, row)
  return [...byId.values()]
}
