/** The part of a row that a scan knows: without the columns that workflows own. */
import type { ControllerRow, NamespaceRow, VirtualFunctionRow } from '../store/rows.ts'

export type SeenControllerRow = Omit<ControllerRow, 'sriovBefore'>
export type SeenVirtualFunctionRow = Omit<VirtualFunctionRow, 'provisioned'>

export type InventoryRows = {
  readonly controllers: readonly ControllerRow[]
  readonly virtualFunctions: readonly VirtualFunctionRow[]
  readonly namespaces: readonly NamespaceRow[]
}

export function seenController(row: ControllerRow): SeenControllerRow {
  return without(row, 'sriovBefore')
}

export function seenVirtualFunction(row: VirtualFunctionRow): SeenVirtualFunctionRow {
  return without(row, 'provisioned')
}

function without<Row extends object, Column extends keyof Row & string>(
  row: Row,
  column: Column
): Omit<Row, Column> {
  const kept = Object.entries(row).filter(([name]) => name !== column)
  return Object.fromEntries(kept) as Omit<Row, Column>
}
