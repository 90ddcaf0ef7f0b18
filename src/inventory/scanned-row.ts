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
  const { sriovBefore: _, ...seen } = row
  return seen
}

export function seenVirtualFunction(row: VirtualFunctionRow): SeenVirtualFunctionRow {
  const { provisioned: _, ...seen } = row
  return seen
}
